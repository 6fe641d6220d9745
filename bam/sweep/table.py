"""A table of runs for the console."""

import polars as pl
from rich.table import Table

PRECISION = {"seconds": 1, "samples/s": 0, "tested users/s": 0}  # others: 4 digits


def table(frame: pl.DataFrame) -> Table:
    """What differs between the runs, and what they reached."""
    same = [c for c in frame.columns if frame[c].n_unique() == 1 and frame[c].dtype == pl.String]
    title = ", ".join(f"{column} {frame[column][0]}" for column in same if column != "run")
    drawn = Table(title=title)
    shown = [column for column in frame.columns if column not in (*same, "run")]
    for column in shown:
        drawn.add_column(column, justify="right")
    for row in frame.iter_rows(named=True):
        drawn.add_row(*(_text(column, row[column]) for column in shown))
    return drawn


def _text(column: str, value: object) -> str:
    return f"{value:.{PRECISION.get(column, 4)}f}" if isinstance(value, float) else str(value)
