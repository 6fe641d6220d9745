"""What docs/extend.md shows works: every kind of part, found, trusted, trained and checked."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import bam
from bam.__main__ import run as run_command
from bam.command.completion import complete
from bam.config.settings import PARTS
from tests.conftest import ROOT
from tests.docs.extension import FILES, PAGE, chosen, write_package
from tests.experiment.planted import PLANTED, results
from tests.test_conf import SERVING

TINY = (*PLANTED, "trainer.max_steps=6", "trainer.validate_every=3")
EVERY = ("split=recent", "sampling=later", "backbone=fading", "similarity=damped",
         "aggregation=pair", "table=popular", "memory=again", "blending=root", "selection=two",
         "loss=together", "likelihood=hinge", "negatives=halves", "regularisation=[short]",
         "optimizer=signs", "schedule=stairs", "averaging=mean", "evaluation=window",
         "metric=[recall,first]", "tracker=text", "trainer.metric=first")  # fmt: skip


@pytest.fixture
def forget():
    """What is imported from one package is none of the next one's."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "mine"]:
        del sys.modules[name]


@pytest.fixture
def installed(tmp_path, monkeypatch, forget):
    """The page's package, as if it was installed; the working folder is another one."""
    monkeypatch.syspath_prepend(str(write_package(tmp_path / "site")))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "site"


def test_the_page_has_every_kind_of_part():
    groups = {Path(name).parts[2] for name in FILES if name.endswith(".yaml")}
    assert groups == (PARTS - {"trainer"}) | {*SERVING} | {"experiment"}
    listed = set(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE))
    assert listed == groups


def test_finding_an_option_executes_nothing_and_its_code_needs_trust(installed):
    (installed / "mine" / "__init__.py").write_text("raise SystemError('executed')")
    found = bam.compose("backbone=fading")
    assert found["backbone"]["_target_"] == "mine.fading.Fading"
    with pytest.raises(bam.Mistake, match=r"added by trust=\[PACKAGE\] or BAM_TRUST=PACKAGE"):
        bam.train(*TINY, "backbone=fading")
    assert "mine" not in sys.modules


def test_a_run_of_every_part_is_trained_tested_loaded_and_collected(installed, monkeypatch):
    monkeypatch.setenv("BAM_TRUST", "mine")
    run = bam.train(*TINY, *EVERY)
    assert run.results["status"] == "finished" and "first" in run.results["test"]
    assert run.environment["packages"] == {"mine": "1.0"}
    assert (run.folder / "lines.txt").read_text().splitlines()[-1] == "finished"
    assert bam.evaluate(run)["test"] == run.results["test"]
    assert len(bam.load(run.folder).interests([1, 2]).vectors) == 4
    [row] = bam.read_results(run.folder).rows(named=True)
    assert row["backbone"] == "fading" and row["selection"] == "two"


def test_a_readout_and_a_method_of_the_page_train(installed, monkeypatch):
    monkeypatch.setenv("BAM_TRUST", "ours, mine")
    bam.train(*TINY, "backbone=transformer", "readout=scaled")
    monkeypatch.delenv("BAM_TRUST")
    run = bam.train(*TINY, "experiment=forgetful", "optimizer.lr=0.01")
    assert run.config["backbone"]["_target_"] == "mine.fading.Fading"
    assert len(run.config["regularisation"]) == 1


def test_the_lists_of_a_run_are_made_by_the_parts_of_the_page(installed, monkeypatch):
    monkeypatch.setenv("BAM_TRUST", "mine")
    run = bam.train(*TINY)
    own = ("merge=level", "weighting=latest", "reranking=turns")
    found, usual = run.recommend([1, 2, 3], 5, *own), run.recommend([1, 2, 3], 5)
    assert len(found) == 5 and found["item"].to_list() != usual["item"].to_list()


def test_an_export_is_searched_by_the_index_of_the_page(installed, monkeypatch):
    monkeypatch.setenv("BAM_TRUST", "mine")
    run = bam.train(*TINY)
    options = [f"run={run.folder}", "to=exported", "index=half"]
    monkeypatch.setattr(sys, "argv", ["bam", *options])
    run_command("export")
    items = bam.load("exported").recommend([1, 2, 3], 5)["item"].to_list()
    assert items == run.recommend([1, 2, 3], 5)["item"].to_list()


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_data_set_of_the_page_is_prepared_and_trained_on(
    tmp_path, start, monkeypatch, forget, is_installed
):
    monkeypatch.syspath_prepend(str(write_package(tmp_path / "site", is_installed)))
    monkeypatch.setenv("BAM_TRUST", "mine")
    found = [] if is_installed else ["hydra.searchpath=[pkg://mine.conf]"]
    lines = [f"u{u};i{(u + n) % 12};{1000 * n + u}\n" for u in range(20) for n in range(8)]
    Path("shop.log").write_text("".join(lines))
    start("prepare.py", *found, "dataset=shop", f"dataset.raw={Path('shop.log').absolute()}")
    run = bam.train(*found, "dataset=shop", *TINY[1:])
    assert run.results["dataset"] == "shop" and len(run.interests(["i3", "i4"]).items) == 2
    assert not Path("data/conf").exists()
    with pytest.raises(SystemExit, match=r"dataset\.name must be another"):
        start("prepare.py", *found, "dataset=file", "dataset.path=shop.log", "dataset.name=shop")


def test_a_stranger_s_run_executes_no_installed_package(installed):
    run = bam.train(*TINY, "backbone=fading", "trust=[mine]")
    with pytest.raises(bam.Mistake, match=r"backbone._target_ must be"):
        bam.load(run.folder).model  # noqa: B018
    assert type(bam.load(run.folder, "trust=[mine]").model.backbone).__name__ == "Fading"


def test_changed_code_is_another_run(installed, monkeypatch):
    from bam.run.packages import package_hash

    monkeypatch.setenv("BAM_TRUST", "mine")
    options = (*TINY, "backbone=fading", "hydra.run.dir=run")
    code = bam.train(*options).results["code"]
    assert code != bam.train(*TINY).results["code"]
    with (installed / "mine" / "fading.py").open("a") as file:
        file.write("# changed\n")
    package_hash.cache_clear()
    with pytest.raises(bam.Mistake, match="was finished by other code"):
        bam.train(*options)
    assert bam.train(*options, "any_code=true").results["code"] == code


SWEEP = ("-m", *TINY, "selection=two,hard", "backbone=fading", "hydra.sweep.dir=sweep")


@pytest.mark.processes
@pytest.mark.parametrize("launcher", ["local", "basic"])
def test_a_sweep_in_worker_processes_finds_and_trusts_it(tmp_path, launcher):
    package = write_package(tmp_path)
    environment = {
        **os.environ,
        "BAM_TRUST": "mine",
        "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")]),
    }
    script = str(ROOT / "scripts" / "train.py")
    subprocess.run([sys.executable, script, *SWEEP, f"hydra/launcher={launcher}"], cwd=tmp_path,
                   env=environment, check=True, capture_output=True)  # fmt: skip
    runs = [results(path.parent) for path in (tmp_path / "sweep").glob("*/results.json")]
    assert {run["selection"] for run in runs} == {"two", "hard"}


@pytest.mark.parametrize(
    "place", ["pkg://mine.conf", "{folder}/mine/conf", "file://{folder}/mine/conf"]
)
def test_a_folder_of_the_command_line_needs_no_installation(
    tmp_path, monkeypatch, start, forget, place
):
    folder = write_package(tmp_path / "site", installed=False)
    monkeypatch.syspath_prepend(str(folder))
    path = f"hydra.searchpath=[{place.format(folder=folder)}]"
    shown = start("train.py", path, "backbone=fading", "--cfg", "job")
    assert yaml.safe_load(shown)["backbone"]["_target_"] == "mine.fading.Fading"
    assert bam.compose(path, "backbone=fading")["backbone"]["_target_"] == "mine.fading.Fading"


def test_an_option_of_bam_comes_before_one_with_the_same_name(installed):
    (installed / "mine" / "conf" / "backbone" / "mind.yaml").write_text("_target_: mine.fading.F\n")
    assert bam.compose("backbone=mind")["backbone"]["_target_"] == "bam.model.backbone.mind.Mind"


def test_help_and_the_check_of_names_know_the_options(installed, start):
    with pytest.raises(bam.Mistake, match="backbone=fadin is no option; did you mean fading"):
        bam.compose("backbone=fadin")
    assert "interests that forget" in start("train.py", "--help", "backbone=fading")


def test_a_blend_and_the_next_command_know_the_folder_of_the_command_line(
    tmp_path, monkeypatch, start, forget, capsys
):
    monkeypatch.syspath_prepend(str(write_package(tmp_path / "site", installed=False)))
    path, trust = "hydra.searchpath=[pkg://mine.conf]", "trust=[mine]"
    *_, following, folder = start("train.py", path, trust, *TINY, "backbone=fading").splitlines()
    assert {path, trust} <= {*shlex.split(following)}
    few = ("forms=[linear]", "tries.linear.weight=[0.5]")
    new = bam.blend(folder, path, trust, "with=again", *few, "hydra.run.dir=new")
    assert new.config["memory"]["_target_"] == "mine.again.Again"
    monkeypatch.setattr(sys, "argv", ["bam", path, trust, f"run={folder}", "with=again", *few])
    run_command("blend")
    *_, following, _ = capsys.readouterr().out.splitlines()
    assert trust in shlex.split(following)
    with pytest.raises(bam.Mistake, match=r"run must be a run without a memory.* which has Again"):
        bam.blend(new, trust, "with=transitions")


def test_a_run_is_tested_by_a_metric_of_a_folder_that_the_call_names(
    tmp_path, monkeypatch, start, forget
):
    monkeypatch.syspath_prepend(str(write_package(tmp_path / "site", installed=False)))
    names = ("hydra.searchpath=[pkg://mine.conf]", "trust=[mine]", "metric=[recall,first]")
    run = bam.train(*TINY, "hydra.run.dir=run")
    expected = bam.evaluate(run, *names)["test"]
    assert "first" in expected
    assert bam.evaluate(bam.load("run", *names))["test"] == expected
    assert "first" in start("evaluate.py", "run=run", *names, "threads=1")


def test_help_and_completion_know_the_options_of_a_folder_of_the_command_line(
    tmp_path, monkeypatch, start, forget
):
    monkeypatch.syspath_prepend(str(write_package(tmp_path / "site", installed=False)))
    path = "hydra.searchpath=[pkg://mine.conf]"
    assert "interests that forget" in start("train.py", path, "--help", "backbone=fading")
    assert complete(f"bam train {path} backbone=fad") == ["backbone=fading"]
    with pytest.raises(bam.Mistake, match="it is an option of likelihood=hinge"):
        bam.compose(path, "likelihood.margin=1")


def test_an_entry_point_without_a_folder_is_named(tmp_path, monkeypatch):
    package = write_package(tmp_path)
    (package / "mine-1.0.dist-info" / "entry_points.txt").write_text(
        "[bam.conf]\nmine = mine.con\n"
    )
    monkeypatch.syspath_prepend(str(package))
    with pytest.raises(bam.Mistake, match=r"the entry point mine of bam\.conf must be a package's"):
        bam.compose()


def test_another_program_s_hydra_does_not_see_it(installed):
    import hydra
    from hydra.core.global_hydra import GlobalHydra

    (installed / "own.yaml").write_text("a: 1\n")
    with hydra.initialize_config_dir(str(installed), version_base="1.3"):
        paths = GlobalHydra.instance().config_loader().get_search_path().get_path()
    assert not any("mine" in entry.path for entry in paths)


@pytest.mark.processes
def test_every_part_of_the_page_keeps_its_contract(tmp_path):
    """By the command that the page names."""
    package = write_package(tmp_path)
    environment = {
        **os.environ,
        "CONTRACTS_OF": "mine",
        "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-m", "pytest", "-v", "-n", "0", "-p", "no:cacheprovider",
               "-v", "tests/model", "tests/objective", "tests/training", "tests/evaluation",
               "tests/data", "tests/serving"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    parts = {name for group, name in chosen() if group not in ("dataset", "tracker", "experiment")}
    tested = re.findall(r"keeps_the_contract\[(.*?)\] .*PASSED", done.stdout)
    assert parts == {name for name in parts for one in tested if name in one.split("-")}
