"""Raw formats, and how that of a raw source is found."""

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import polars as pl

from bam.data.dataset.read.part import Part
from bam.errors import Mistake

CATALOGUE = {"original_id": pl.String, "title": pl.String, "genres": pl.String}  # genres with `|`


@dataclass(frozen=True)
class Format:
    """One raw format: how its file is found, and how it is read."""

    name: str  # as users know it
    file: str  # pattern of the file's name inside a folder or zip
    first_line: str  # pattern of its whole first line
    chunks: Callable[[Part], Iterator[pl.DataFrame]]  # interactions in file order
    catalogue: Callable[[Part, pl.Series], pl.DataFrame]  # of the items with these original ids

    def find(self, raw: Path) -> Part | None:
        """The first part in this format; a source that is a single file may have any name."""
        fitting = (
            part
            for part in _parts(raw, self.file)
            if re.fullmatch(self.first_line, part.first_line())
        )
        return next(fitting, None)


def find_format(raw: Path, formats: list[Format]) -> tuple[Part, Format]:
    """The first format that finds its file in the source, after that file.

    Raises:
        Mistake: the source does not exist, or is in none of the formats.
    """
    if not raw.exists():
        raise Mistake(f"dataset.raw must be a file or folder that exists, got {str(raw)!r}")
    for known in formats:
        part = known.find(raw)
        if part:
            return part, known
    names = "; ".join(known.name for known in formats)
    raise Mistake(f"{raw}: no known format; this data set is read from: {names}")


def no_catalogue(part: Part, wanted: pl.Series) -> pl.DataFrame:
    """The catalogue of a format without titles."""
    return pl.DataFrame(schema=CATALOGUE)


def _parts(raw: Path, pattern: str) -> list[Part]:
    if raw.is_dir():
        paths = sorted(raw.glob(pattern)) + sorted(raw.glob(f"*/{pattern}"))
        return [Part(path, "") for path in paths if path.is_file()]
    if not zipfile.is_zipfile(raw):
        return [Part(raw, "")]
    with zipfile.ZipFile(raw) as archive:
        names = [n for n in archive.namelist() if fnmatch(PurePosixPath(n).name, pattern)]
    return [Part(raw, name) for name in names]
