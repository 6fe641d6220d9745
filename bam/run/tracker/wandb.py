"""Weights & Biases."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from bam.errors import Mistake, extra
from bam.records import Track

with extra("wandb"):
    import wandb as service


@contextmanager
def wandb(folder: str, project: str, offline: bool) -> Iterator[Track]:
    """A run of its own, named after the folder.

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
            config=yaml.safe_load((path / "config.yaml").read_text()),
            reinit="create_new",
        )
    except service.Error as error:
        raise Mistake(f"wandb cannot start: {error}") from error
    with opened as run:
        yield lambda record: run.log(record, step=record["step"])
