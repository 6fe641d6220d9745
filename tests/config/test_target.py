"""A `_target_` names a component, and nothing else of what can be imported."""

import sys

import pytest

from bam.config.instantiate import component
from bam.config.options import read_groups
from bam.config.settings import PARTS
from bam.config.target import PACKAGES, find_target
from bam.errors import Mistake
from bam.run.files import CONFIG
from bam.run.stored_config import read_config, write_config


def test_every_part_of_an_experiment_has_its_packages():
    chosen = {*read_groups("recommend"), *read_groups("export")}
    assert PARTS | {"hydra", "measurements"} | chosen == PACKAGES.keys()


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("backbone", "os.system"),
        ("backbone", "bam.system.processes.os.system"),  # walks along what a module imports
        ("backbone", "bam.model.backbone.mind.nn.Module"),
        ("backbone", "bam.model.backbone.mind.torch"),
        ("dataset", "bam.data.dataset.build.once.shutil.rmtree"),
        ("dataset", "bam.data.dataset.build.once.Path"),  # imported there, not defined
        ("dataset", "bam.data.dataset.table.prepare"),  # another module's function
        ("dataset", "bam.data.dataset.build.download.Url.fetch"),  # a method
        ("dataset", "bam.data.dataset.build.once._make"),
        ("dataset", "bam.data.dataset.build.once.MANIFEST"),
        ("evaluation", "bam.evaluation.users.write_users"),  # writes a file
        ("evaluation", "bam.run.files.write_json"),
        ("split", "bam.data.dataset.prepare.prepare"),  # of another group
        ("split.nested", "bam.data.dataset.prepare.prepare"),
        ("metric.recall", "bam.run.tracker.jsonl.jsonl"),
        ("optimizer", "torch.optim.adam.torch.load"),
        ("optimizer", "torch.optimum.Adam"),  # only begins alike
        ("optimizer", "torch.load"),
        ("hydra.sweeper.space.optimizer.lr", "optuna.distributions.json.loads"),
        ("loss", ""),
        ("loss", "."),
        ("loss", "bam.objective.loss"),
        ("loss", ["os.system"]),
        ("unknown", "bam.model.backbone.mind.Mind"),
    ],
)
def test_what_no_allowed_package_defines_is_refused(path, target):
    with pytest.raises(Mistake, match=r"_target_ must .*, got "):
        find_target(target, path, ())


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("backbone", "bam.model.backbone.mind.Mind"),
        ("backbone.readout", "bam.model.readout.heads.Heads"),
        ("dataset", "bam.data.dataset.planted.planted"),
        ("dataset.download.origins[0]", "bam.data.dataset.build.download.Url"),
        ("tracker.jsonl", "bam.run.tracker.jsonl.jsonl"),
        ("optimizer", "torch.optim.Adam"),  # defined below torch.optim
    ],
)
def test_a_component_is_found(path, target):
    assert find_target(target, path, ()).__name__ == target.rpartition(".")[2]


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A package of the user's, which notices when it is imported."""
    (tmp_path / "mine_1").mkdir()
    (tmp_path / "mine_1" / "__init__.py").write_text("")
    text = f"import os\nos.mkdir({str(tmp_path / 'imported')!r})\nclass Hard:\n    pass\n"
    (tmp_path / "mine_1" / "selection.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "imported"
    for name in ("mine_1", "mine_1.selection"):
        sys.modules.pop(name, None)


def test_a_package_is_imported_only_where_the_user_trusts_it(mine):
    node = {"_target_": "mine_1.selection.Hard"}
    with pytest.raises(Mistake, match=r"a package that you trust is added by trust=\[PACKAGE\]"):
        component(node, "selection", ["mine"])
    assert not mine.exists()
    assert type(component(node, "selection", ["mine_1"])).__name__ == "Hard" and mine.exists()
    with pytest.raises(Mistake, match="_target_ must"):
        component({"_target_": "mine_1.selection.os.system"}, "selection", ["mine_1"])


def test_a_stored_config_names_no_trusted_package(configured, tmp_path):
    write_config(tmp_path / CONFIG, configured("trust=[os]"))
    assert "trust" not in read_config(tmp_path / CONFIG)
