"""A table of runs for the console."""

import polars as pl
from rich.table import Table

from bam.results.render.wording import short, word

SHOWN = ("share", "seconds", "samples/s", "tested users/s")  # beside recall and nDCG
PRECISION = {"seconds": 1, "samples/s": 0, "tested users/s": 0}  # others: 4 digits


def table(frame: pl.DataFrame) -> Table:
    """What differs between the runs, and what they reached."""
    metrics = [column for column in frame.columns if column.startswith(("recall@", "ndcg@"))]
    choices = frame.columns[: frame.columns.index("error")]
    same = [column for column in choices if frame[column].n_unique() == 1]
    reached = (*metrics, *SHOWN)
    told = [f"{column} {frame[column][0]}" for column in same if frame[column][0] is not None]
    drawn = Table(title=", ".join(told))
    shown = [column for column in (*choices, *reached) if column not in same]
    for column in shown:
        drawn.add_column(short(column), justify="right")
    for row in frame.iter_rows(named=True):
        drawn.add_row(*(_text(column, row[column]) if column in reached else
                        word(column, row[column]) for column in shown))  # fmt: skip
    return drawn


def _text(column: str, value: object) -> str:
    if isinstance(value, float):
        return f"{value:.{PRECISION.get(column, 4)}f}"
    return "" if value is None else str(value)
