"""A table of runs for the console."""

import polars as pl
from rich.markup import escape
from rich.table import Table

from bam.results.render.text import last_part, one_line, value_text

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
    drawn = Table(title=_plain(", ".join(title)), caption=more)
    results = [*metrics[:MOST], *OTHERS]
    for column in [*differing, *results]:
        drawn.add_column(_plain(last_part(column)), justify="right")
    for row in frame.iter_rows(named=True):
        words = [_plain(value_text(column, row[column])) for column in differing]
        drawn.add_row(*words, *(_result(column, row[column]) for column in results))
    return drawn


def _result(column: str, value: object) -> str:
    if isinstance(value, float):
        return f"{value:.{PRECISION.get(column, 4)}f}"
    return "" if value is None else _plain(str(value))


def _plain(text: str) -> str:
    """Without what a console would obey, or rich would take for its markup."""
    return escape(one_line(text))
