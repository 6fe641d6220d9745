"""Every tracker keeps what it is told, and is imported only when chosen."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bam.experiment.tracking import tracking
from bam.mistake import Mistake
from tests.conftest import options

LINES = [{"step": 10, "loss": 2.5, "recall@10": 0.1, "share": [0.75, 0.25]},
         {"step": 20, "loss": 1.5, "recall@10": 0.2, "share": [0.5, 0.5]}]  # fmt: skip
NOISY = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
OPTIONAL = {"tensorboard": "torch.utils.tensorboard", "mlflow": "mlflow", "wandb": "wandb"}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "run"
    path.mkdir()
    (path / "config.yaml").write_text("seed: 1\nselection: {tau: 0.5}\n")
    return path


@pytest.fixture
def tracked(configured, folder):
    """Tell the chosen tracker two lines, in a folder of its own."""

    def told(*overrides):
        with tracking(configured(*overrides)["tracker"], folder) as track:
            for line in LINES:
                track(line)

    return told


def test_jsonl_keeps_every_line(tracked, folder):
    tracked()
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == LINES


def test_tensorboard_has_every_curve_and_the_config(tracked, folder):
    tracked("tracker=tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder)).Reload()
    curve = [(event.step, event.value) for event in found.Scalars("share.0")]
    assert curve == [(10, 0.75), (20, 0.5)]
    assert "recall@10" in found.Tags()["scalars"] and found.Tags()["tensors"]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One for all tests: making it takes seconds."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@NOISY
def test_mlflow_has_every_curve_and_the_config(tracked, database):
    tracked("tracker=mlflow", f"tracker.mlflow.uri={database}", "tracker.mlflow.experiment=whole")
    from mlflow import MlflowClient

    client = MlflowClient(database)
    [run] = client.search_runs([client.get_experiment_by_name("whole").experiment_id])
    assert run.info.run_name == "run" and run.info.status == "FINISHED"
    assert run.data.params == {"seed": "1", "selection.tau": "0.5"}
    curve = client.get_metric_history(run.info.run_id, "recall_10")
    assert [(point.step, point.value) for point in curve] == [(10, 0.1), (20, 0.2)]


@NOISY
def test_mlflow_tells_a_run_that_failed(configured, folder, database):
    from mlflow import MlflowClient

    nodes = configured("tracker=mlflow", f"tracker.mlflow.uri={database}",
                       "tracker.mlflow.experiment=broken")["tracker"]  # fmt: skip
    with pytest.raises(KeyError), tracking(nodes, folder):
        raise KeyError
    client = MlflowClient(database)
    [run] = client.search_runs([client.get_experiment_by_name("broken").experiment_id])
    assert run.info.status == "FAILED"


def test_wandb_works_offline(tracked, folder):
    tracked("tracker=wandb", "tracker.wandb.offline=true")
    [kept] = (folder / "wandb").glob("offline-run-*/*.wandb")
    for _ in range(100):  # its own process writes it, a moment later
        content = kept.read_bytes()
        if b"recall@10" in content and b"selection" in content:
            return
        time.sleep(0.1)
    pytest.fail(f"{kept} has neither the curves nor the config")


@pytest.mark.parametrize("name", options("tracker"))
def test_metrics_jsonl_is_written_whatever_the_tracker(configured, name):
    assert "jsonl" in configured(f"tracker={name}")["tracker"]


def test_several_trackers_are_told_at_once(configured):
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
    monkeypatch.delitem(sys.modules, f"bam.tracker.{name}", raising=False)
    monkeypatch.setitem(sys.modules, OPTIONAL[name], None)  # as if it were not installed
    nodes = configured(f"tracker={name}")["tracker"]
    with pytest.raises(Mistake, match=rf"is not installed; pip install 'bam\[{name}\]'"):
        tracking(nodes, folder).__enter__()
