"""One JSON object a line; NaN and infinity are null."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bam.records import Track
from bam.run.files import METRICS, read_metrics
from bam.system.files import naming, write_text
from bam.system.strict_json import json_text


@contextmanager
def jsonl(folder: str) -> Iterator[Track]:
    """Appends to the run's metrics file; each line is on disk before training continues."""
    path = Path(folder) / METRICS

    def track(record: dict) -> None:
        with naming(path), path.open("a", encoding="utf-8") as file:
            file.write(json_text(record) + "\n")

    yield track


def cut_back(folder: Path, step: int) -> None:
    """Delete the lines of validations after the step, which will be written again."""
    if (folder / METRICS).is_file():
        kept = [line for line in read_metrics(folder) if line["step"] <= step] if step > 0 else []
        write_text(folder / METRICS, "".join(json_text(line) + "\n" for line in kept))
