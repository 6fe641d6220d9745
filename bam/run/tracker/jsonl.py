"""One JSON object a line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bam.records import Track
from bam.run.files import METRICS
from bam.system.processes import is_lead


@contextmanager
def jsonl(folder: str) -> Iterator[Track]:
    """Appends to the run's `metrics.jsonl`; each line is on disk before training goes on."""
    path = Path(folder) / METRICS

    def track(record: dict) -> None:
        with path.open("a") as file:
            file.write(json.dumps(record) + "\n")

    yield track


def cut_back(metrics: Path, step: int) -> None:
    """Forget the lines of validations after the step: they will be written again."""
    if is_lead() and metrics.is_file():
        lines = metrics.read_text().splitlines(keepends=True)
        whole = [json.loads(line) for line in lines if line.endswith("\n")]
        kept = [json.dumps(line) + "\n" for line in whole if line["step"] <= step]
        metrics.write_text("".join(kept) if step else "")
