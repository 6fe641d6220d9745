"""Weights & Biases."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bam.errors import Mistake, extra
from bam.records import Track
from bam.run.files import CONFIG
from bam.run.migrate import read_config

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # to the makers of the library
with extra("wandb"):
    import wandb as service


@contextmanager
def wandb(folder: str, project: str, offline: bool) -> Iterator[Track]:
    """A new run, named after the folder.

    Raises:
        Mistake: the service refuses, as it does without a login.
    """
    path = Path(folder)
    try:
        opened = service.init(
            project=project,
            name=path.name,
            dir=folder,
            mode="offline" if offline else "online",
            config=read_config(path / CONFIG),
            reinit="create_new",
        )
    except service.Error as error:
        raise Mistake(f"wandb cannot start: {error}") from error
    with opened as run:
        yield lambda record: run.log(record, step=record["step"])
