"""One JSON object a line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bam.records import Track


@contextmanager
def jsonl(folder: str) -> Iterator[Track]:
    """Appends to the run's `metrics.jsonl`; each line is on disk before training goes on."""
    path = Path(folder) / "metrics.jsonl"

    def track(record: dict) -> None:
        with path.open("a") as file:
            file.write(json.dumps(record) + "\n")

    yield track
