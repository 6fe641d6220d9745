"""A table of runs for the console."""

import polars as pl
from rich.table import Table

from bam.results.render.text import last_part, value_text

OTHERS = ("share", "seconds", "samples/s", "tested users/s")  # columns beside the metrics
MOST = 5  # metrics that a console has room for
PRECISION = {"seconds": 1, "samples/s": 0, "tested users/s": 0}  # others: 4 digits


def table(frame: pl.DataFrame, metrics: list[str]) -> Table:
    """What differs between the runs, and what they reached in these metrics."""
    settings = frame.columns[: frame.columns.index("error")]
    same = [column for column in settings if frame[column].n_unique() == 1]
    differing = [column for column in settings if column not in same]
    first = {column: frame[column][0] for column in same}
    title = [f"{column} {value}" for column, value in first.items() if value is not None]
    more = f"{len(metrics) - MOST} more metrics are in results.md" if len(metrics) > MOST else None
    drawn = Table(title=", ".join(title), caption=more)
    results = [*metrics[:MOST], *OTHERS]
    for column in [*differing, *results]:
        drawn.add_column(last_part(column), justify="right")
    for row in frame.iter_rows(named=True):
        words = [value_text(column, row[column]) for column in differing]
        drawn.add_row(*words, *(_result(column, row[column]) for column in results))
    return drawn


def _result(column: str, value: object) -> str:
    if isinstance(value, float):
        return f"{value:.{PRECISION.get(column, 4)}f}"
    return "" if value is None else str(value)
