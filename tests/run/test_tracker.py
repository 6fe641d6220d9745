"""Every tracker keeps every line, and is imported only when chosen."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bam.errors import Mistake
from bam.experiment.instantiate import component
from bam.experiment.tracking import tracking
from tests.broken.tracker import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import tracker as contract
from tests.contracts.tracker import LINES, READ_BACK

NOISY = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
OPTIONAL = {"tensorboard": "torch.utils.tensorboard", "mlflow": "mlflow", "wandb": "wandb"}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "run"
    path.mkdir()
    (path / "config.yaml").write_text("format: 2\nseed: 1\nselection: {tau: 0.5}\n")
    return path


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One for all tests: making it takes seconds."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@NOISY
@pytest.mark.parametrize("name", options("tracker"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_tracker_keeps_the_contract(configured, folder, database, name, check):
    assert name in READ_BACK, (
        f"nothing reads back what tracker={name} stores: add it to READ_BACK in {contract.__file__}"
    )
    node = configured(f"tracker={name}")["tracker"][name]
    here = {"uri": database, "offline": True}  # where the option would reach for a service
    options = {key: here.get(key, value) for key, value in node.items()}
    tracker = component(options, f"tracker.{name}", folder=str(folder))
    check(tracker, lambda: READ_BACK[name](folder, options))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_tracker_is_refused(monkeypatch, folder, broken, rules):
    monkeypatch.setattr(contract, "PATIENCE", 0)
    found = refusing(contract, lambda: broken(str(folder)), lambda: READ_BACK["jsonl"](folder, {}))
    assert found == rules


@pytest.fixture
def tracked(configured, folder):
    """Give the chosen tracker two lines, in a new folder."""

    def track_lines(*overrides):
        with tracking(configured(*overrides)["tracker"], folder) as track:
            for line in LINES:
                track(line)

    return track_lines


def test_tensorboard_has_the_config(tracked, folder):
    tracked("tracker=tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert EventAccumulator(str(folder)).Reload().Tags()["tensors"]


@NOISY
def test_mlflow_has_the_config_and_how_the_run_ended(tracked, database):
    tracked("tracker=mlflow", f"tracker.mlflow.uri={database}", "tracker.mlflow.experiment=whole")
    from mlflow import MlflowClient

    client = MlflowClient(database)
    [run] = client.search_runs([client.get_experiment_by_name("whole").experiment_id])
    assert run.info.run_name == "run" and run.info.status == "FINISHED"
    assert run.data.params == {"seed": "1", "selection.tau": "0.5"}


@NOISY
def test_mlflow_shows_a_run_that_failed(configured, folder, database):
    from mlflow import MlflowClient

    nodes = configured("tracker=mlflow", f"tracker.mlflow.uri={database}",
                       "tracker.mlflow.experiment=broken")["tracker"]  # fmt: skip
    with pytest.raises(KeyError), tracking(nodes, folder):
        raise KeyError
    client = MlflowClient(database)
    [run] = client.search_runs([client.get_experiment_by_name("broken").experiment_id])
    assert run.info.status == "FAILED"


def test_wandb_has_the_config(tracked, folder):
    tracked("tracker=wandb", "tracker.wandb.offline=true")
    [kept] = (folder / "wandb").glob("offline-run-*/*.wandb")
    for _ in range(100):  # its own process writes it, a moment later
        if b"selection" in kept.read_bytes():
            return
        time.sleep(0.1)
    pytest.fail(f"{kept} has no config")


@pytest.mark.parametrize("name", options("tracker"))
def test_metrics_jsonl_is_written_with_every_tracker(configured, name):
    assert "jsonl" in configured(f"tracker={name}")["tracker"]


def test_several_trackers_are_chosen_at_once(configured):
    nodes = configured("tracker=[tensorboard,wandb]")["tracker"]
    assert list(nodes) == ["jsonl", "tensorboard", "wandb"]


def test_no_tracker_at_all_is_refused(folder):
    with pytest.raises(Mistake, match="tracker must hold jsonl"), tracking({}, folder):
        pass


def test_no_tracker_is_imported_unless_it_is_chosen():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, bam.experiment.train; print(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1],
    ).stdout.split()  # fmt: skip
    assert not set(OPTIONAL.values()) & set(loaded)


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_missing_library_is_named_with_its_extra(configured, folder, monkeypatch, name):
    monkeypatch.delitem(sys.modules, f"bam.run.tracker.{name}", raising=False)
    monkeypatch.setitem(sys.modules, OPTIONAL[name], None)  # as if it were not installed
    nodes = configured(f"tracker={name}")["tracker"]
    with pytest.raises(Mistake, match=rf"is not installed; pip install 'bam-rec\[{name}\]'"):
        tracking(nodes, folder).__enter__()


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("mlflow", "from mlflow.telemetry.utils import is_telemetry_disabled as off; assert off()"),
        ("wandb", "import wandb.env; assert not wandb.env.error_reporting_enabled()"),
    ],
)
def test_no_tracker_reports_to_the_makers_of_its_library(name, check):
    code = f"import bam.run.tracker.{name}; {check}"
    hidden = ("CI", "PYTEST_CURRENT_TEST", "DO_NOT_TRACK", "MLFLOW_", "WANDB_", "GITHUB_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
