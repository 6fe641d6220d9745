"""Tables for the console, as wide as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from rich import box
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from bam.results.render.text import number, one_line

SPACE = 3  # characters between two columns
SHARE = "share: of 100 test targets, how many each interest wins by the highest score"


@dataclass(frozen=True)
class Column:
    """A heading, which may have several lines; a text for each row; and what a reader must know."""

    head: str
    cells: Sequence[str]
    note: str = ""
    place: int = 0  # where there is not room for all, those with the largest number are left out

    @property
    def width(self) -> int:
        """Of its longest line, with the space around it."""
        return SPACE + max(len(line) for text in (self.head, *self.cells) for line in _split(text))


def draw(columns: Sequence[Column], width: int) -> Group:
    """The columns that the width has room for, the first at the left, and their notes."""
    shown = _fitting(columns, width)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for i, column in enumerate(shown):
        table.add_column(_lines(column.head), justify="right" if i else "left")
    for row in zip(*(column.cells for column in shown), strict=True):
        table.add_row(*map(_lines, row))
    notes = [column.note for column in shown if column.note]
    if dropout := [" ".join(_split(column.head)) for column in columns if column not in shown]:
        notes.append(f"left out, the console is too narrow: {', '.join(dropout)}")
    return Group(table, *(Text(one_line(note)) for note in notes))


def _fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """As many as the width has room for, and at least one."""
    by_place = sorted(columns, key=lambda column: column.place)
    ends = accumulate(column.width for column in by_place)
    fitting = by_place[: max(1, sum(end <= width for end in ends))]
    return [column for column in columns if column in fitting]


def share_text(shares: Sequence[float]) -> str:
    """How many of 100 targets each interest wins, the most first; nothing of a single interest."""
    counts = [f"{100 * share:.0f}" for share in sorted(shares, reverse=True)]
    return " ".join(counts) if len(counts) > 1 else ""


def figure(value: Any) -> str:
    """A metric's value; nothing where there is none."""
    return number(float(value)) if isinstance(value, int | float) else ""


def _split(text: str) -> list[str]:
    return text.split("\n")


def _lines(text: str) -> str:
    return "\n".join(map(_plain, _split(text)))


def _plain(text: str) -> str:
    """Without what a console would obey, or rich would take for its markup."""
    return escape(one_line(text))
