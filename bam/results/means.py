"""One row a configuration, in numbers: what a spreadsheet or a plot reads."""

import statistics
from typing import Any

import polars as pl

from bam.results.compare import Difference
from bam.results.configuration import Configuration
from bam.results.figures import FIGURES, figure_values
from bam.results.metrics import Metrics, seed_values


def means_frame(
    configurations: list[Configuration], metrics: Metrics, differences: dict[int, Difference]
) -> pl.DataFrame:
    """Settings; of each figure its mean and standard deviation; the difference from a baseline.

    A metric of validation users begins with `valid.`; `chosen` is true where they choose the row.
    """
    chosen = metrics.chosen_rows(configurations)
    rows = []
    for place, one in enumerate(configurations):
        settings = {**one.label, **one.also, "seeds": len(one.finished)}
        choice = {"chosen": any(one is other for other in chosen)}
        gain = _gain(differences.get(place), metrics.compared) if differences else {}
        rows.append({**settings, **choice, **_metrics(one, metrics), **_figures(one), **gain})
    columns = dict.fromkeys(name for row in rows for name in row)
    flat = [{**columns, **row} for row in rows]
    return pl.DataFrame(flat, infer_schema_length=None, strict=False)


def _metrics(one: Configuration, metrics: Metrics) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name in metrics.names:
        found |= _spread(name, seed_values(one, name))
        found |= _spread(f"valid.{name}", seed_values(one, name, "valid"))
    return found


def _figures(one: Configuration) -> dict[str, float | None]:
    pairs = [_spread(name, figure_values(one, name)) for name in FIGURES]
    return {key: value for pair in pairs for key, value in pair.items()}


def _spread(name: str, values: list[float]) -> dict[str, float | None]:
    mean = statistics.fmean(values) if values else None
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return {f"{name}.mean": mean, f"{name}.sd": deviation}


def _gain(gain: Difference | None, metric: str) -> dict[str, Any]:
    names = ("mean", "low", "high", "p", "users")
    return {f"difference.{metric}.{name}": gain and getattr(gain, name) for name in names}
