"""A table, however it is drawn."""

from dataclasses import dataclass
from typing import Any, Literal

from bam.results.render.wording import word


@dataclass(frozen=True)
class Cell:
    """A value as it reads, and as it sorts."""

    text: str
    value: int | float | str
    style: Literal["plain", "best", "published"] = "plain"


@dataclass(frozen=True)
class Sheet:
    """Rows of cells, and what a reader must know about them."""

    head: list[str]
    words: int  # so many columns hold words, the others numbers
    rows: list[list[Cell]]
    notes: list[str]


def named(key: str, value: Any) -> Cell:
    """A config's value."""
    return Cell(text := word(key, value), value if isinstance(value, int | float) else text)
