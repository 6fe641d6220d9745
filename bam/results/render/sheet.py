"""A table, before it is drawn as text or as a page."""

from dataclasses import dataclass
from typing import Any, Literal

from bam.results.render.text import value_text

SEEDS = "seeds"  # the column of their number
VALID = "valid "  # before the name of a metric: of the validation users
CHOSEN = "†"  # behind the figure by which the validation users would choose a row


@dataclass(frozen=True)
class Cell:
    """A value: its text, and what it sorts by."""

    text: str
    value: int | float | str
    style: Literal["plain", "best", "published"] = "plain"


EMPTY = Cell("", "")


@dataclass(frozen=True)
class Sheet:
    """Rows of cells, and what a reader must know about them."""

    head: list[str]
    words: int  # how many columns hold words; the others hold numbers
    rows: list[list[Cell]]
    notes: list[str]
    breaks: tuple[int, ...] = ()  # rows with which a data set begins
    important: tuple[str, ...] = ()  # columns of figures to keep longest where room is short
    hints: tuple[str, ...] = ()  # what the program could show besides


def value_cell(key: str, value: Any) -> Cell:
    """A config's value."""
    text = value_text(key, value)
    return Cell(text, value if isinstance(value, int | float) else text)
