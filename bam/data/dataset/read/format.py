"""Raw formats, and how that of a raw source is found."""

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from bam.data.dataset.read.part import Part, open_zip
from bam.data.dataset.read.split_files import complete, label
from bam.errors import Mistake

EMPTY = 1024  # bytes; a gzipped file of nothing has fewer, as its name is in it
CATALOGUE = {"original_id": pl.String, "title": pl.String, "genres": pl.String}  # genres with `|`


@dataclass(frozen=True)
class Format:
    """One raw format: how its file is found, and how it is read."""

    name: str  # as users know it
    file: str  # pattern of the file's name inside a folder or zip
    first_line: str  # pattern of its whole first line
    chunks: Callable[..., Iterator[pl.DataFrame]]  # interactions of parts in file order
    catalogue: Callable[[Part, pl.Series], pl.DataFrame]  # of the items with these original ids
    several: bool = False  # may be in several files, which are read in the order of their names
    completed: bool = (
        False  # x.train.inter alone is read with the files of valid and test beside it
    )
    published: bool = False  # a paper's own data have it, with the paper's filters applied
    # the file of the catalogue beside a part, so that a change of it is noticed
    beside: Callable[[Part], Part | None] = lambda part: None
    titles: str = ""  # a file of the user in which the catalogue is
    # of a user's own table the options that read it, so that more tables are read alike
    reading: dict[str, Any] = field(default_factory=dict)

    def find(self, raw: Path) -> list[Part]:
        """The parts in this format; a source that is a single file may have any name.

        Files of train, valid and test come in this order.

        Raises:
            Mistake: it is not clear which of several files are those of train, valid and test.
        """
        found = [
            part
            for part in _parts(raw, self.file)
            if re.fullmatch(self.first_line, part.first_line())
        ]
        if self.completed and raw.is_file() and len(found) == 1:
            return label(complete(found[0]), raw.parent)
        return label(found, raw)


def find_format(raw: Path, formats: list[Format]) -> tuple[list[Part], Format]:
    """The first format that finds its files in the source, after those files.

    Raises:
        Mistake: the source does not exist, is in none of the formats, or has several files of one.
    """
    if not raw.is_dir() and not raw.is_file():  # a pipe or a device would never end
        raise Mistake(f"dataset.raw must be a file or folder that exists, got {str(raw)!r}")
    for known in formats:
        parts = known.find(raw)
        if len(parts) > 1 and not (known.several or parts[0].split):
            found = ", ".join(map(str, parts[:10]))
            raise Mistake(f"dataset.raw must hold one file of {known.name}, got {found}; name one")
        if parts:
            return parts, known
    names = "; ".join(known.name for known in formats)
    raise Mistake(f"{raw}: no known format; this data set is read from: {names}")


def no_catalogue(part: Part, wanted: pl.Series) -> pl.DataFrame:
    """The catalogue of a format without titles."""
    return pl.DataFrame(schema=CATALOGUE)


def _parts(raw: Path, pattern: str) -> list[Part]:
    """The files of a source in the order of their names, without hidden and empty ones."""
    if raw.is_dir():
        paths = sorted(_files(raw, frozenset()))
        named = [path for path in paths if _is_named(str(path.relative_to(raw)), pattern)]
        return [Part(path, "") for path in named if not _is_empty(path)]
    if not zipfile.is_zipfile(raw):
        return [Part(raw, "")]
    archive = open_zip(raw)
    inside = sorted(member.filename for member in archive.infolist() if member.file_size)
    return [Part(raw, name, archive=archive) for name in inside if _is_named(name, pattern)]


def _files(folder: Path, around: frozenset[Path]) -> Iterator[Path]:
    """The files below a folder, with those of linked folders; a link to one of `around` is left.

    A link to nothing is one of them: it may be to a file of the data.
    """
    around |= {folder.resolve()}
    for path in folder.iterdir():
        if path.is_file() or not path.exists():
            yield path
        elif path.is_dir() and path.resolve() not in around:
            yield from _files(path, around)


def _is_empty(path: Path) -> bool:
    """Whether there is nothing in the file, or in what it packs.

    Raises:
        Mistake: it is a link to a file that does not exist.
    """
    if not path.exists():
        raise Mistake(f"{path}: a link to a file that does not exist; mend the link or delete it")
    return path.stat().st_size <= EMPTY and not Part(path, "").head()


def _is_named(path: str, pattern: str) -> bool:
    # Spark writes _SUCCESS and .crc, macOS __MACOSX and .DS_Store
    parts = PurePosixPath(path).parts
    hidden = any(name.startswith((".", "_")) for name in parts)
    return not hidden and fnmatch(parts[-1], pattern)
