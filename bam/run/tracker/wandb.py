"""Weights & Biases."""

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from bam.errors import Mistake, extra, require
from bam.records import End, Track, TrackedRun
from bam.run.files import CONFIG, artifacts, read_id, write_id
from bam.run.stored_config import read_config

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # to the makers of the library
os.environ.setdefault("WANDB_SILENT", "true")  # it writes a page for every run
with extra("wandb"):
    import wandb as service

log = logging.getLogger(__name__)
SERVICE = "wandb"
LONGEST = 64  # letters of a tag


@contextmanager
def wandb(run: TrackedRun, project: str, offline: bool, largest_mb: int) -> Iterator[Track]:
    """A run in the group of its sweep, with the files of at most `largest_mb` MiB.

    A continued run goes on under its earlier id.

    Raises:
        Mistake: the service refuses, as it does without a login.
    """
    require(largest_mb >= 0, "largest_mb must be at least 0", largest_mb)
    own = read_id(run.folder, SERVICE) or secrets.token_hex(4)
    try:
        opened = service.init(
            project=project,
            id=own,
            name=run.name,
            group=run.sweep or None,
            tags=[f"{key}={tag}"[:LONGEST] for key, tag in run.tags.items()],
            dir=str(run.folder),
            mode="offline" if offline else "online",
            config=read_config(run.folder / CONFIG),
            resume=None if offline else "allow",  # offline, the same id is enough for `wandb sync`
            reinit="create_new",
            settings=service.Settings(symlink=False),  # a moved folder stays whole
        )
    except service.Error as error:
        raise Mistake(f"wandb cannot start: {error}") from error
    write_id(run.folder, SERVICE, own)
    later = f"offline, `wandb sync {run.folder}/wandb/offline-run-*` sends it"
    log.info("wandb: %s", later if offline else opened.url)
    opened.define_metric("*", step_metric="step")  # a continued run may repeat steps

    def end(end: End) -> None:
        opened.summary.update({"status": end.status, **end.numbers})
        if end.error:
            opened.summary["error"] = end.error
        for path in artifacts(run.folder, largest_mb):
            opened.save(str(path), base_path=str(run.folder), policy="now")
        opened.finish(exit_code=0 if end.status == "finished" else 1)

    try:
        yield Track(
            loss=lambda step, value: opened.log({"step": step, "recent_loss": value}),
            validation=opened.log,
            end=end,
        )
    finally:
        opened.finish(exit_code=1)  # has no effect after the end
