"""MLflow: a local database, or a server."""

import getpass
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from bam.errors import Mistake, extra, require
from bam.records import End, Track, TrackedRun
from bam.run.files import CONFIG, artifacts, read_id, write_id
from bam.run.flatten import flat
from bam.run.stored_config import read_config

# MLflow reads them when it is imported, or at each request
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # training waits meanwhile
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")  # seconds
with extra("mlflow"):
    import alembic  # noqa: F401  # MLflow reads them late, for its local database
    import sqlalchemy  # noqa: F401
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, Run
    from mlflow.exceptions import MlflowException

SERVICE = "mlflow"
PARAMS, METRICS = 100, 1000  # the most that a server takes at once
PARENT = "mlflow.parentRunId"
STATUS = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
LOCAL = "sqlite:///"


@contextmanager
def mlflow(run: TrackedRun, uri: str, experiment: str, largest_mb: int) -> Iterator[Track]:
    """A run with the config as parameters, and the files of at most `largest_mb` MiB as artifacts.

    A point of a sweep is nested in a run of the sweep, and a continued run goes on in its earlier
    one, whose parameters stay. MLflow has no @ in a name: recall_10.

    Raises:
        Mistake: the service cannot be reached, or refuses.
    """
    require(largest_mb >= 0, "largest_mb must be at least 0", largest_mb)
    try:
        client, own = _begin(run, uri, experiment)
    except (MlflowException, OSError) as error:
        raise Mistake(f"mlflow cannot start at {uri}: {error}") from error

    def log(numbers: Mapping[str, int | float], step: int) -> None:
        now, named = int(1000 * time.time()), numbers.items()
        metrics = [Metric(name.replace("@", "_"), value, now, step) for name, value in named]
        for first in range(0, len(metrics), METRICS):
            client.log_batch(own, metrics[first : first + METRICS])

    def end(end: End) -> None:
        log(end.numbers, int(end.numbers.get("best_step", 0)))
        client.set_tag(own, "status", end.status)
        if end.error:
            client.set_tag(own, "error", end.error)
        for path in artifacts(run.folder, largest_mb):
            client.log_artifact(own, str(path))
        client.set_terminated(own, STATUS[end.status])
        if parent := client.get_run(own).data.tags.get(PARENT):
            client.set_terminated(parent)  # the last point gives the time

    yield Track(
        loss=lambda step, value: log({"recent_loss": value}, step),
        validation=lambda record: log(flat(record), record["step"]),
        end=end,
    )


def _begin(run: TrackedRun, uri: str, experiment: str) -> tuple[MlflowClient, str]:
    # jobs that start together would each make the database, the experiment and the parent
    with FileLock(Path(tempfile.gettempdir()) / f"bam-mlflow-{_user()}.lock"):
        client = MlflowClient(uri)
        found = client.get_experiment_by_name(experiment)
        home = found.experiment_id if found else _create_experiment(client, uri, experiment)
        tags = dict(run.tags)
        if run.sweep:
            tags[PARENT] = _open(client, home, run.folder.parent, run.sweep, {}).info.run_id
    own = _open(client, home, run.folder, run.name, tags)
    config = flat(read_config(run.folder / CONFIG)).items()
    new = [Param(key, str(value)) for key, value in config if key not in own.data.params]
    for first in range(0, len(new), PARAMS):
        client.log_batch(own.info.run_id, params=new[first : first + PARAMS])
    return client, own.info.run_id


def _user() -> str:
    """Who runs this: in a container, the number may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _create_experiment(client: MlflowClient, uri: str, name: str) -> str:
    """A local database has its artifacts beside it, wherever a program is started."""
    beside = Path(uri.removeprefix(LOCAL)).resolve().with_name("mlruns")
    home: str = client.create_experiment(name, beside.as_uri() if uri.startswith(LOCAL) else None)
    return home


def _open(client: MlflowClient, home: str, folder: Path, name: str, tags: Mapping[str, str]) -> Run:
    """The run that this folder has had in this experiment, or a new one."""
    try:
        earlier = client.get_run(read_id(folder, SERVICE))
        if earlier.info.experiment_id == home:
            client.update_run(earlier.info.run_id, status="RUNNING")
            return earlier
    except MlflowException:  # none, or in another database
        pass
    new = client.create_run(home, run_name=name, tags=dict(tags))
    write_id(folder, SERVICE, new.info.run_id)
    return new
