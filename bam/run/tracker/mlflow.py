"""MLflow: a local database, or a server."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from bam.errors import extra
from bam.records import Track
from bam.run.files import CONFIG
from bam.run.flatten import flat
from bam.run.migrate import read_config

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # MLflow reads it when it is imported
with extra("mlflow"):
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

PARAMS = 100  # the most that a server takes at once


@contextmanager
def mlflow(folder: str, uri: str, experiment: str) -> Iterator[Track]:
    """A run named after the folder, its config as parameters; MLflow has no @: recall_10."""
    client, run = _begin(folder, uri, experiment)

    def track(record: dict) -> None:
        now = int(1000 * time.time())
        metrics = [
            Metric(name.replace("@", "_"), value, now, record["step"])
            for name, value in flat(record).items()
        ]
        client.log_batch(run, metrics)

    status = "FAILED"
    try:
        yield track
        status = "FINISHED"
    finally:
        client.set_terminated(run, status)


def _begin(folder: str, uri: str, experiment: str) -> tuple[MlflowClient, str]:
    # jobs that start together would each make the database and the experiment
    with FileLock(Path(tempfile.gettempdir()) / "bam-mlflow.lock"):
        client = MlflowClient(uri)
        found = client.get_experiment_by_name(experiment)
        home = found.experiment_id if found else client.create_experiment(experiment)
    run: str = client.create_run(home, run_name=Path(folder).name).info.run_id
    config = read_config(Path(folder) / CONFIG)
    params = [Param(key, str(value)) for key, value in flat(config).items()]
    for first in range(0, len(params), PARAMS):
        client.log_batch(run, params=params[first : first + PARAMS])
    return client, run
