"""A table as CSV in which no text is a formula, as a spreadsheet would execute it."""

from pathlib import Path

import polars as pl

# how a formula begins, wide signs too, or a text that has an apostrophe already
FORMULA = r"^([=+\-@\t\r\n'\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}])"


def write_csv(frame: pl.DataFrame, path: Path) -> None:
    """Write the table, with an apostrophe before each text that could be a formula."""
    without_formulas(frame).write_csv(path)


def without_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """The table as `write_csv` writes it."""
    columns = pl.Series(frame.columns, dtype=pl.String).str.replace(FORMULA, "'$1")
    text = frame.with_columns(pl.col(pl.String).str.replace(FORMULA, "'$1"))
    return text.rename(dict(zip(frame.columns, columns, strict=True)))


def read_csv(path: Path) -> pl.DataFrame:
    """The table that `write_csv` wrote, without these apostrophes."""
    frame = pl.read_csv(path, glob=False, infer_schema_length=None)
    text = frame.with_columns(pl.col(pl.String).str.strip_prefix("'"))
    return text.rename(lambda name: name.removeprefix("'"))
