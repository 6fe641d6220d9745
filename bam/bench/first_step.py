"""A tracker that notes when a training has taken its first step."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bam.records import End, Track, TrackedRun

FILE = "first_step.json"  # in the run's folder


@contextmanager
def first_step(run: TrackedRun) -> Iterator[Track]:
    """Writes the time (seconds since 1970) and the CPU seconds of the process until then."""

    def loss(step: int, loss: float) -> None:
        if step == 1:
            found = {"time": time.time(), "cpu": time.process_time()}
            (run.folder / FILE).write_text(json.dumps(found), "utf-8")

    yield Track(loss, _no_validation, _no_end)


def _no_validation(line: dict[str, Any]) -> None:
    """The first step comes before it."""


def _no_end(end: End) -> None:
    """Nothing is open."""
