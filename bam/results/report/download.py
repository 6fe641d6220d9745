"""A table of the page as a CSV file that the page holds."""

import base64

import polars as pl

from bam.results.render.sheet import Sheet
from bam.results.render.spreadsheet import without_formulas


def csv_address(frame: pl.DataFrame) -> str:
    """An address that begins with data:, so that the page needs no other file."""
    text = without_formulas(frame).write_csv()
    return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"


def sheet_frame(sheet: Sheet) -> pl.DataFrame:
    """The texts of the table; a head that comes twice gets a number."""
    heads = [
        f"{h} ({n})" if (n := sheet.head[:i].count(h)) else h for i, h in enumerate(sheet.head)
    ]
    columns = [[row[place].text for row in sheet.rows] for place in range(len(heads))]
    return pl.DataFrame(dict(zip(heads, columns, strict=True)), strict=False)
