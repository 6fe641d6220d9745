"""Readers of raw formats, one file a publisher."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import polars as pl

from bam.dataset.raw import Part
from bam.mistake import Mistake

CATALOGUE = {"original_id": pl.String, "title": pl.String, "genres": pl.String}


@dataclass(frozen=True)
class Content:
    """What a raw source holds, as far as it tells."""

    chunks: Iterator[pl.DataFrame]  # user, item as text; time in microseconds, rating if told
    catalogue: pl.DataFrame  # the columns of CATALOGUE; genres between `|`


@runtime_checkable
class Source(Protocol):
    """One raw format, or the few formats of one publisher."""

    def find(self, raw: Path) -> Part | None:
        """The file of interactions in a raw file, folder or zip; None if it is another format."""

    def read(self, part: Part) -> Content:
        """Interactions in file order; a malformed line is a Mistake."""


def recognise(raw: Path, formats: list[Source]) -> tuple[Part, Source]:
    """The first format that finds its file."""
    if not raw.exists():
        raise Mistake(f"dataset.raw must be a file or folder that exists, got {raw}")
    for source in formats:
        part = source.find(raw)
        if part:
            return part, source
    known = ", ".join(type(source).__name__ for source in formats)
    raise Mistake(f"{raw}: no known format; this data set is read from {known}")


def no_catalogue() -> pl.DataFrame:
    """For a source that tells nothing of its items."""
    return pl.DataFrame(schema=CATALOGUE)
