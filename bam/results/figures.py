"""Columns beside the metrics, on demand: balance of interests, time, steps, memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bam.errors import require
from bam.results.configuration import Configuration
from bam.results.metrics import matching
from bam.results.render.sheet import EMPTY, Cell
from bam.results.render.text import spread
from bam.results.runs import Run


@dataclass(frozen=True)
class Figure:
    """A number in results.json."""

    path: tuple[str, ...]
    digits: int
    factor: float = 1


FIGURES = {
    "entropy": Figure(("balance", "entropy"), 3),
    "effective": Figure(("balance", "effective"), 2),
    "dead": Figure(("balance", "dead"), 1),
    "cosine": Figure(("balance", "cosine"), 3),
    "seconds": Figure(("train_seconds",), 1),
    "minutes": Figure(("train_seconds",), 2, 1 / 60),
    "samples/s": Figure(("samples_per_second",), 0),
    "steps": Figure(("steps",), 0),
    "best_step": Figure(("best_step",), 0),
    "memory_mb": Figure(("peak_memory_mb",), 0),
}
GROUPS = {
    "balance": ("entropy", "dead", "cosine"),
    "time": ("minutes", "steps", "samples/s"),
    "memory": ("memory_mb",),
}


def figure_names(wanted: Sequence[str], metrics: list[str]) -> list[str]:
    """The figures that are named, a group by its members; metrics among them are left out.

    Raises:
        Mistake: a name is neither that of a figure nor that of a metric.
    """
    found: list[str] = []
    for name in wanted:
        known = name in {**GROUPS, **FIGURES} or bool(matching([name], metrics)) or not metrics
        rule = f"columns must be some of {', '.join([*GROUPS, *FIGURES, *metrics])}"
        require(known, rule, name)
        found += GROUPS.get(name, [name] if name in FIGURES else [])
    return list(dict.fromkeys(found))


def figure_values(one: Configuration, name: str) -> list[float]:
    """The figure of each seed that has it."""
    values = (_value(run, FIGURES[name]) for run in one.finished)
    return [value for value in values if value is not None]


def figure_cell(one: Configuration, name: str) -> Cell:
    """Its mean ± standard deviation over seeds."""
    values = figure_values(one, name)
    if not values:
        return EMPTY
    is_whole = len(set(values)) == 1 and values[0] == int(values[0])
    text = str(int(values[0])) if is_whole else spread(values, FIGURES[name].digits)
    return Cell(text, sum(values) / len(values))


def _value(run: Run, figure: Figure) -> float | None:
    value: Any = run.results
    for key in figure.path:
        value = value.get(key, {})
    return float(value) * figure.factor if isinstance(value, int | float) else None
