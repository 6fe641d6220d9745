"""The page's tables beside the summary."""

from dataclasses import replace
from typing import Any

import polars as pl

from bam.results.configuration import Configuration, differences
from bam.results.render.sheet import Cell, Sheet, named
from bam.results.render.wording import heading, number, told


def differing(configurations: list[Configuration]) -> Sheet:
    """A row a configuration, a column for each key of the config that differs."""
    columns = differences([one.config for one in configurations])
    names = [", ".join([str(one.label["dataset"]), one.name]) for one in configurations]
    rows = [
        [Cell(name, name), *(named(key, column[place]) for key, column in columns.items())]
        for place, name in enumerate(names)
    ]
    return Sheet(["configuration", *map(heading, columns)], 1 + len(columns), rows, [])


def every_run(frame: pl.DataFrame) -> Sheet:
    """A row a run, failed and unfinished ones too."""
    words = frame.columns.index("error") + 1
    rows = [[(named if place < words else _reached)(key, value)
             for place, (key, value) in enumerate(row.items())]
            for row in frame.iter_rows(named=True)]  # fmt: skip
    return Sheet(list(map(heading, frame.columns)), words, rows, [])


def gathered(sheet: Sheet) -> Sheet:
    """With all that names a row in one more column, the first: a telephone shows no other words.

    A column in which all rows say the same is left out; a note says it once.
    """
    words = range(sheet.words)
    same = [place for place in words if len({row[place].text for row in sheet.rows}) == 1]
    kept = [place for place in range(len(sheet.head)) if place not in same]
    rows = [[_name(sheet, row, [place for place in words if place not in same]),
             *(row[place] for place in kept)] for row in sheet.rows]  # fmt: skip
    said = [told(sheet.head[place], sheet.rows[0][place].text) for place in same
            if sheet.rows[0][place].text]  # fmt: skip
    notes = [f"In all rows: {', '.join(said)}."] if said else []
    head = ["configuration", *(sheet.head[place] for place in kept)]
    return Sheet(head, 1 + sheet.words - len(same), rows, notes + sheet.notes)


def _name(sheet: Sheet, row: list[Cell], places: list[int]) -> Cell:
    parts = [told(sheet.head[place], row[place].text) for place in places if row[place].text]
    return replace(row[0], text=(name := ", ".join(parts)), value=name)


def _reached(key: str, value: Any) -> Cell:
    if isinstance(value, float):
        return Cell(number(value, 4 if abs(value) < 10 else 1), value)
    return named(key, value)
