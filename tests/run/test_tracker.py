"""Every tracker keeps the whole run, and is imported only when chosen."""

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bam.config.instantiate import component, components
from bam.errors import Mistake
from bam.experiment.one_run.tracking import OWN, finished, tracked_run, tracking
from bam.records import End, Track, TrackedRun
from bam.run.spec import RunSpec
from bam.run.stored_config import FORMAT
from tests.broken.tracker import REFUSED, read_copy, whole
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import tracker as contract
from tests.contracts.tracker import FINISHED, LINES, READ_BACK, STORED, TAGS, wandb_records

NOISY = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
OPTIONAL = {"tensorboard": "torch.utils.tensorboard", "mlflow": "mlflow", "wandb": "wandb"}


@pytest.fixture
def run(tmp_path):
    """A run that begins."""
    path = tmp_path / "sweep" / "a-very-long-name-of-a-folder-0123abcd"
    path.mkdir(parents=True)
    (path / "config.yaml").write_text(f"format: {FORMAT}\nseed: 1\nselection: {{tau: 0.5}}\n")
    (path / "weights.safetensors").write_bytes(bytes(1 << 20))
    return TrackedRun(path, "planted remi p tau=0.5", "", TAGS, {"selection.tau": "0.5"})


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One for all tests: making it takes seconds."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@NOISY
@pytest.mark.parametrize(
    ("name", "check"),
    [(name, check) for name in options("tracker") for check in checks(contract)
     if name != OWN or check is STORED],
)  # fmt: skip
def test_every_tracker_keeps_the_contract(configured, run, database, name, check):
    assert name in READ_BACK, (
        f"nothing reads back what tracker={name} stores: add it to READ_BACK in {contract.__file__}"
    )
    node = configured(f"tracker={name}")["tracker"][name]
    here = {"uri": database, "experiment": check.__name__, "offline": True}  # reach for no service
    options = {key: here.get(key, value) for key, value in node.items()}
    tracker = component(options, f"tracker.{name}", run=run)
    check(tracker, lambda: READ_BACK[name](run.folder, options))


@pytest.mark.parametrize(
    ("broken", "rules"), REFUSED.items(), ids=lambda part: getattr(part, "__name__", "")
)
def test_a_broken_tracker_is_refused(monkeypatch, run, broken, rules):
    monkeypatch.setattr(contract, "PATIENCE", 0)
    assert refusing(contract, lambda: broken(run), lambda: read_copy(run.folder)) == rules


def test_the_tracker_that_the_broken_ones_change_keeps_the_contract(run):
    assert refusing(contract, lambda: whole(run), lambda: read_copy(run.folder)) == set()


@pytest.fixture
def tracked(configured):
    """Track a whole run, which ends by an error if one is given."""

    def track_run(run, *overrides, error=None):
        with tracking(configured(*overrides)["tracker"], run) as track:
            track.loss(5, 3.0)
            for line in LINES:
                track.validation(line)
            if error:
                raise error
            track.end(FINISHED)

    return track_run


@pytest.fixture
def in_mlflow(tracked, database, request):
    """Track runs in an experiment of this test; gives what reads them back, the newest first."""
    from mlflow import MlflowClient

    name = re.sub(r"\W+", "_", request.node.name)
    client = MlflowClient(database)

    def track_run(run, *overrides, **options):
        tracked(run, "tracker=mlflow", f"tracker.mlflow.uri={database}",
                f"tracker.mlflow.experiment={name}", *overrides, **options)  # fmt: skip

    def read():
        return client.search_runs([client.get_experiment_by_name(name).experiment_id])

    return track_run, read, client


def test_tensorboard_has_the_config_and_the_parameters_beside_the_test(tracked, run):
    tracked(run, "tracker=tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    found = EventAccumulator(str(run.folder)).Reload()
    assert "config/text_summary" in found.Tags()["tensors"]
    stored = [
        HParamsPluginData.FromString(data) for data in found.PluginTagToContent("hparams").values()
    ]
    [shown] = [data.experiment for data in stored if data.HasField("experiment")]
    [start] = [data.session_start_info for data in stored if data.HasField("session_start_info")]
    assert [metric.name.tag for metric in shown.metric_infos] == ["test/recall@10"]
    assert start.hparams["selection.tau"].string_value == "0.5"
    assert start.hparams["dataset"].string_value == "planted"
    assert [path for path in run.folder.iterdir() if path.is_dir()] == []


@NOISY
def test_mlflow_has_the_config_the_files_a_short_name_and_how_the_run_ended(run, in_mlflow):
    track_run, read, client = in_mlflow
    track_run(run)
    [stored] = read()
    assert stored.info.run_name == run.name and stored.info.status == "FINISHED"
    assert stored.data.params == {"seed": "1", "selection.tau": "0.5"}
    files = {file.path for file in client.list_artifacts(stored.info.run_id)}
    assert files == {"config.yaml", "metrics.jsonl", "weights.safetensors"}


@NOISY
def test_files_that_are_too_large_are_not_stored(run, in_mlflow):
    track_run, read, client = in_mlflow
    (run.folder / "weights.safetensors").write_bytes(bytes((1 << 20) + 1))
    track_run(run, "tracker.mlflow.largest_mb=1")
    files = {file.path for file in client.list_artifacts(read()[0].info.run_id)}
    assert files == {"config.yaml", "metrics.jsonl"}


@NOISY
@pytest.mark.parametrize(
    ("error", "status"), [(KeyError("x"), "FAILED"), (KeyboardInterrupt(), "KILLED")]
)
def test_mlflow_shows_a_run_that_did_not_finish(run, in_mlflow, error, status):
    track_run, read, _ = in_mlflow
    with pytest.raises(type(error)):
        track_run(run, error=error)
    [stored] = read()
    assert stored.info.status == status
    assert stored.data.tags["status"] == {"FAILED": "failed", "KILLED": "interrupted"}[status]


@NOISY
def test_in_mlflow_a_continued_run_goes_on_and_more_steps_are_no_error(run, in_mlflow):
    track_run, read, _ = in_mlflow
    with pytest.raises(KeyboardInterrupt):
        track_run(run, error=KeyboardInterrupt())
    config = f"format: {FORMAT}\nseed: 1\nselection: {{tau: 0.5}}\ntrainer: {{max_steps: 9}}\n"
    (run.folder / "config.yaml").write_text(config.replace("seed: 1", "seed: 2"))
    track_run(run)
    [stored] = read()
    assert stored.info.status == "FINISHED"
    assert stored.data.params == {"seed": "1", "selection.tau": "0.5", "trainer.max_steps": "9"}


@NOISY
def test_in_mlflow_the_points_of_a_sweep_are_nested_in_one_run(run, in_mlflow):
    track_run, read, _ = in_mlflow
    for name in ("one", "two"):
        folder = run.folder.with_name(name)
        folder.mkdir()
        (folder / "config.yaml").write_text(f"format: {FORMAT}\n")
        track_run(replace(run, folder=folder, name=name, sweep="sweep"))
    by_name = {stored.info.run_name: stored for stored in read()}
    parent = by_name.pop("sweep")
    nested = {stored.data.tags["mlflow.parentRunId"] for stored in by_name.values()}
    assert by_name.keys() == {"one", "two"} and nested == {parent.info.run_id}
    assert parent.info.status == "FINISHED"


@NOISY
def test_mlflow_that_cannot_be_reached_is_refused_before_training(configured, run, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    nodes = configured("tracker=mlflow", "tracker.mlflow.uri=http://127.0.0.1:9")["tracker"]
    with pytest.raises(Mistake, match=r"mlflow cannot start at http://127\.0\.0\.1:9"):
        tracking(nodes, run).__enter__()


def wandb_run(folder, enough):
    """The records of wandb, as soon as its own process has written enough."""
    for _ in range(100):
        found = wandb_records(folder)
        if enough(found):
            return found
        time.sleep(0.1)
    return pytest.fail("wandb has not written it")


def test_wandb_has_the_config_the_files_a_group_and_a_short_name(tracked, run):
    tracked(replace(run, sweep="sweep"), "tracker=wandb", "tracker.wandb.offline=true")
    found = wandb_run(run.folder, lambda records: any(r.HasField("exit") for r in records))
    [began] = [record.run for record in found if record.HasField("run")]
    assert (began.display_name, began.run_group) == (run.name, "sweep")
    config = {item.key: json.loads(item.value_json) for item in began.config.update}
    assert config["selection"] == {"tau": 0.5}
    files = {file.path for record in found for file in record.files.files}
    assert {"config.yaml", "weights.safetensors"} <= files
    assert [record.exit.exit_code for record in found if record.HasField("exit")] == [0]


def test_in_wandb_a_continued_run_has_the_same_id(tracked, run):
    offline = ("tracker=wandb", "tracker.wandb.offline=true")
    with pytest.raises(KeyboardInterrupt):
        tracked(run, *offline, error=KeyboardInterrupt())
    tracked(run, *offline)
    exits = lambda records: [r.exit.exit_code for r in records if r.HasField("exit")]  # noqa: E731
    found = wandb_run(run.folder, lambda records: len(exits(records)) == 2)
    assert len({record.run.run_id for record in found if record.HasField("run")}) == 1
    assert sorted(exits(found)) == [0, 1]


@pytest.fixture
def failing(monkeypatch):
    """Put a tracker beside jsonl that fails when this function is called; gives its calls."""

    def fail_at(function):
        calls = []

        def called(name, *what):
            calls.append(name)
            if name == function:
                raise OSError("the server is away")

        @contextmanager
        def copy(run):
            yield Track(*(partial(called, name) for name in ("loss", "validation", "end")))
            called("close")

        def both(nodes, path, trust, run):
            return {"copy": copy(run), **components(nodes, path, trust, run=run)}

        monkeypatch.setattr("bam.experiment.one_run.tracking.components", both)
        return calls

    return fail_at


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("loss", ["loss", "close"]),
        ("validation", ["loss", "validation", "close"]),
        ("end", ["loss", "validation", "validation", "end", "close"]),
        ("close", ["loss", "validation", "validation", "end", "close"]),
    ],
)
def test_a_copy_that_fails_is_left_with_one_warning_and_the_run_goes_on(
    tracked, run, failing, caplog, function, expected
):
    calls = failing(function)
    tracked(run, "tracker=jsonl")
    assert calls == expected
    assert len((run.folder / "metrics.jsonl").read_text().splitlines()) == len(LINES)
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "tracker.copy has failed and is left" in line and "the server is away" in line


def test_the_runs_own_file_must_be_written(tracked, run):
    (run.folder / "metrics.jsonl").mkdir()
    with pytest.raises(OSError, match=r"metrics\.jsonl"):
        tracked(run, "tracker=jsonl")


def test_a_run_is_named_after_its_choices_and_what_the_command_changes():
    spec = RunSpec(
        folder=Path("outputs/sweeps/tau/point"),
        config={"name": "", "seed": 3},
        overrides=["selection=p", "selection.tau=0.5", "seed=3", "threads=1", "hydra.run.dir=x"],
        choices={"dataset": "ml1m", "selection": "p"},
        in_sweep=True,
        keeps_finished=True,
    )
    run = tracked_run(spec, "abc")
    assert (run.name, run.sweep) == ("ml1m p tau=0.5 seed=3", "tau")
    assert run.tags == {"dataset": "ml1m", "selection": "p", "seed": "3", "commit": "abc"}
    named = tracked_run(replace(spec, config={"name": "mine", "seed": 3}, in_sweep=False), "")
    assert (named.name, named.sweep) == ("mine", "") and "commit" not in named.tags
    long = tracked_run(replace(spec, overrides=[f"a.option{i}=1" for i in range(9)]), "")
    assert len(long.name) == 60 and long.name.endswith("…")


def test_the_end_of_a_run_has_its_numbers_by_name():
    results = {"seed": 1, "dataset": "ml1m", "best_step": 20, "test": {"recall@10": 0.1},
               "balance": {"share": [0.5, 0.5]}, "lower_is_better": ["gini"]}  # fmt: skip
    assert finished(results) == End("finished", "", {
        "best_step": 20, "test/recall@10": 0.1, "balance/share.0": 0.5, "balance/share.1": 0.5,
    })  # fmt: skip


@pytest.mark.parametrize("name", options("tracker"))
def test_metrics_jsonl_is_written_with_every_tracker(configured, name):
    assert "jsonl" in configured(f"tracker={name}")["tracker"]


def test_several_trackers_are_chosen_at_once(configured):
    nodes = configured("tracker=[tensorboard,wandb]")["tracker"]
    assert list(nodes) == ["jsonl", "tensorboard", "wandb"]


def test_no_tracker_at_all_is_refused(run):
    with pytest.raises(Mistake, match="tracker must hold jsonl"), tracking({}, run):
        pass


def test_no_tracker_is_imported_unless_it_is_chosen():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, bam.experiment.one_run.train; print(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1],
    ).stdout.split()  # fmt: skip
    assert not set(OPTIONAL.values()) & set(loaded)


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_missing_library_is_named_with_its_extra(configured, run, monkeypatch, name):
    monkeypatch.delitem(sys.modules, f"bam.run.tracker.{name}", raising=False)
    monkeypatch.setitem(sys.modules, OPTIONAL[name], None)  # as if it were not installed
    nodes = configured(f"tracker={name}")["tracker"]
    with pytest.raises(Mistake, match=rf"is not installed; pip install 'bam-rec\[{name}\]'"):
        tracking(nodes, run).__enter__()


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
