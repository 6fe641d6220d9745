"""A table for a terminal of any width."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bam.results.render.lean import with_one_label, without_columns, without_constants
from bam.results.render.sheet import Cell, Sheet
from bam.results.render.text import one_line

STYLES = {"plain": "", "best": "bold", "published": "italic"}
BETWEEN = 3  # characters between two columns
NARROWEST = 24  # of a column that holds all words of a row
MOST = 5  # names of columns that have no room, in the note; else their number


def terminal(sheet: Sheet, width: int) -> RenderableType:
    """What there is room for, in one table or below each other, then the notes.

    A column that is not important is left out where it is too wide; a note names it.
    """
    lean = without_constants(sheet)
    tables = list(_tables(lean, width))
    figures = lean.head[lean.words :]
    missing = [name for name in figures if not any(name in table.head for table in tables)]
    names = ", ".join(missing) if len(missing) <= MOST else f"{len(missing)} more columns"
    left_out = [f"results.md has {names}, too wide for {width} characters."] * bool(missing)
    notes = (Text(one_line(note), style="dim") for note in [*lean.notes, *left_out, *lean.hints])
    return Group(*map(_draw, tables), *notes)


def _tables(sheet: Sheet, width: int) -> Iterator[Sheet]:
    """One table with as many figures as fit; where the important ones do not, several."""
    figures = range(sheet.words, len(sheet.head))
    important = [place for place in figures if sheet.head[place] in sheet.important]
    narrowest = [[place] for place in important] or [[]]
    if any(_width(_with(sheet, one)) > width for one in narrowest) and sheet.words > 1:
        yield from _tables(with_one_label(sheet), width)
        return
    kept = important
    for place in figures:
        if place not in kept and _width(_with(sheet, [*kept, place])) <= width:
            kept = [*kept, place]
    if not kept:  # no run has finished
        yield _with(sheet, [])
    while kept:
        fitting = next(
            n for n in range(len(kept), 0, -1) if n == 1 or _fits(sheet, kept[:n], width)
        )
        yield _with(sheet, kept[:fitting])
        kept = kept[fitting:]


def _fits(sheet: Sheet, figures: list[int], width: int) -> bool:
    return _width(_with(sheet, figures)) <= width


def _with(sheet: Sheet, figures: list[int]) -> Sheet:
    places = range(sheet.words, len(sheet.head))
    return without_columns(sheet, [place for place in places if place not in figures])


def _width(sheet: Sheet) -> int:
    """Of the drawn table; the only column of words may break its lines."""
    columns = [
        [*_lines(name), *(row[n].text for row in sheet.rows)] for n, name in enumerate(sheet.head)
    ]
    widths = [max(map(len, column), default=0) + BETWEEN for column in columns]
    if sheet.words == 1:
        widths[0] = min(widths[0], NARROWEST)
    return sum(widths) + 1


def _lines(name: str) -> list[str]:
    """A heading: `valid` above the metric, and an option's path in its parts."""
    return one_line(name).replace(".", ".\n").replace(" ", "\n", 1).splitlines()


def _draw(sheet: Sheet) -> Table:
    drawn = Table(box=SIMPLE_HEAD)
    for place, name in enumerate(sheet.head):
        head = Text("\n".join(_lines(name)))
        if place < sheet.words:
            drawn.add_column(head, overflow="fold")
        else:
            drawn.add_column(head, justify="right", no_wrap=True)
    for place, row in enumerate(sheet.rows):
        if place and place in sheet.breaks:
            drawn.add_section()
        drawn.add_row(*map(_cell, row))
    return drawn


def _cell(cell: Cell) -> Text:
    return Text(one_line(cell.text), style=STYLES[cell.style])
