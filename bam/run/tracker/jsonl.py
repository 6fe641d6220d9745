"""One JSON object a validation; NaN and infinity are null."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bam.records import End, Track, TrackedRun
from bam.run.files import METRICS, read_metrics
from bam.system.files import naming, write_text
from bam.system.strict_json import json_text


@contextmanager
def jsonl(run: TrackedRun) -> Iterator[Track]:
    """Appends to the run's metrics file; each line is on disk before training continues.

    The file holds validations alone. How the run has ended is in results.json beside it.
    """
    path = run.folder / METRICS

    def validation(record: dict) -> None:
        with naming(path), path.open("a", encoding="utf-8") as file:
            file.write(json_text(record) + "\n")
            file.flush()
            os.fsync(file.fileno())

    yield Track(_no_loss, validation, _no_end)


def _no_loss(step: int, loss: float) -> None:
    """Readers expect one line a validation."""


def _no_end(end: End) -> None:
    """The run writes results.json itself."""


def cut_back(folder: Path, step: int) -> None:
    """Delete the lines of validations after the step, which will be written again."""
    if (folder / METRICS).is_file():
        kept = [line for line in read_metrics(folder) if line["step"] <= step]
        write_text(folder / METRICS, "".join(json_text(line) + "\n" for line in kept))
