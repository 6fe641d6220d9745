"""A table with fewer columns."""

from collections.abc import Sequence
from dataclasses import replace

from bam.results.render.sheet import SEEDS, Sheet
from bam.results.render.text import setting_text


def without_constants(sheet: Sheet) -> Sheet:
    """Without columns in which all rows are equal: a note, the first one, has their values.

    A table of one row stays as it is, and so do figures: that they are equal is a result.
    """
    constant = [place for place in range(len(sheet.head)) if _is_constant(sheet, place)]
    if len(sheet.rows) < 2 or not constant:
        return sheet
    known = [(sheet.head[place], sheet.rows[0][place].text) for place in constant]
    common = ", ".join(f"{name} {text}" for name, text in known if text)
    lean = without_columns(sheet, constant)
    return replace(lean, notes=[f"In all rows: {common}.", *sheet.notes])


def without_columns(sheet: Sheet, places: Sequence[int]) -> Sheet:
    """Without the columns at these places."""
    kept = [place for place in range(len(sheet.head)) if place not in places]
    return replace(
        sheet,
        head=[sheet.head[place] for place in kept],
        words=sum(place < sheet.words for place in kept),
        rows=[[row[place] for place in kept] for row in sheet.rows],
    )


def with_one_label(sheet: Sheet) -> Sheet:
    """With all words of a row in one column."""
    rows = []
    for row in sheet.rows:
        words = [pair for pair in zip(sheet.head, row[: sheet.words], strict=False) if pair[1].text]
        name = ", ".join(setting_text(head, cell.text) for head, cell in words)
        rows.append([replace(row[0], text=name, value=name), *row[sheet.words :]])
    return replace(sheet, head=["configuration", *sheet.head[sheet.words :]], words=1, rows=rows)


def _is_constant(sheet: Sheet, place: int) -> bool:
    is_setting = place < sheet.words or sheet.head[place] == SEEDS
    return is_setting and len({row[place].text for row in sheet.rows}) == 1
