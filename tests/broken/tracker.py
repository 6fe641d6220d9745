"""Trackers that are wrong on purpose; what they store is read as jsonl's lines are."""

import json
from contextlib import contextmanager
from pathlib import Path

from bam.run.tracker.jsonl import jsonl


@contextmanager
def keeps_nothing(folder):
    """Every line is thrown away."""
    yield lambda record: None


@contextmanager
def keeps_the_last_line(folder):
    """Each line takes the place of the one before."""

    def track(record):
        Path(folder, "metrics.jsonl").write_text(json.dumps(record))

    yield track


@contextmanager
def keeps_numbers_alone(folder):
    """A list, such as the share of each interest, is left out."""
    with jsonl(folder) as track:
        yield lambda record: track({k: v for k, v in record.items() if not isinstance(v, list)})


@contextmanager
def counts_its_own_steps(folder):
    """The step is the number of the line."""
    with jsonl(folder) as track:
        lines = []
        yield lambda record: lines.append(track({**record, "step": len(lines)}))


@contextmanager
def rounds(folder):
    """One digit is kept."""
    with jsonl(folder) as track:
        yield lambda record: track({k: float(f"{v:.0g}") if isinstance(v, float) else v
                                    for k, v in record.items()})  # fmt: skip


STORED = "check_every_name_step_and_value_is_stored"
REFUSED = {
    keeps_nothing: {STORED},
    keeps_the_last_line: {STORED},
    keeps_numbers_alone: {STORED},
    counts_its_own_steps: {STORED},
    rounds: {STORED},
}
