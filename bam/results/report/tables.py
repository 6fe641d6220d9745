"""The page's tables beside the summary."""

from dataclasses import replace
from typing import Any

import polars as pl

from bam.results.configuration import Configuration
from bam.results.keys import differences
from bam.results.render.sheet import Cell, Sheet, value_cell
from bam.results.render.text import heading, number, setting_text


def differences_table(configurations: list[Configuration]) -> Sheet:
    """A row a configuration, a column for each key of the config that differs."""
    columns = differences([one.config for one in configurations])
    names = [", ".join([str(one.label["dataset"]), one.name]) for one in configurations]
    rows = [
        [Cell(name, name), *(value_cell(key, column[place]) for key, column in columns.items())]
        for place, name in enumerate(names)
    ]
    return Sheet(["configuration", *map(heading, columns)], 1 + len(columns), rows, [])


def runs_table(frame: pl.DataFrame) -> Sheet:
    """A row a run, failed and unfinished ones too."""
    words = frame.columns.index("error") + 1
    rows = [_run(row, words) for row in frame.iter_rows(named=True)]
    return Sheet(list(map(heading, frame.columns)), words, rows, [])


def with_names(sheet: Sheet) -> Sheet:
    """With one more column, the first: all words of a row in one, for a narrow screen.

    A column in which all rows are equal is left out; a note has its value.
    """
    words = range(sheet.words)
    same = [place for place in words if len({row[place].text for row in sheet.rows}) == 1]
    differing = [place for place in words if place not in same]
    kept = [place for place in range(len(sheet.head)) if place not in same]
    rows = [[_name(sheet, row, differing), *(row[place] for place in kept)] for row in sheet.rows]
    common = _settings(sheet, sheet.rows[0], same)
    notes = [f"In all rows: {common}."] if common else []
    head = ["configuration", *(sheet.head[place] for place in kept)]
    return Sheet(head, 1 + len(differing), rows, notes + sheet.notes)


def _name(sheet: Sheet, row: list[Cell], places: list[int]) -> Cell:
    name = _settings(sheet, row, places)
    return replace(row[0], text=name, value=name)


def _settings(sheet: Sheet, row: list[Cell], places: list[int]) -> str:
    known = [place for place in places if row[place].text]
    return ", ".join(setting_text(sheet.head[place], row[place].text) for place in known)


def _run(row: dict[str, Any], words: int) -> list[Cell]:
    pairs = list(row.items())
    return [value_cell(*pair) for pair in pairs[:words]] + [
        _result(*pair) for pair in pairs[words:]
    ]


def _result(key: str, value: Any) -> Cell:
    if isinstance(value, float):
        return Cell(number(value, 4 if abs(value) < 10 else 1), value)
    return value_cell(key, value)
