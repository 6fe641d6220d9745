"""Raw formats, and how that of a raw source is found."""

import logging
import re
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from bam.data.dataset.read.part import Part, open_zip
from bam.data.dataset.read.split_files import complete, label
from bam.errors import Mistake

log = logging.getLogger(__name__)
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


def warn_of_others(raw: Path, read: Format, formats: list[Format], parts: list[Part]) -> None:
    """Log which files of the source are in other formats than the one that is read."""
    named = {str(part) for part in parts}
    for other in formats:
        if other is read:
            continue
        for part in _parts(raw, other.file):
            if str(part) not in named and re.fullmatch(other.first_line, part.first_line()):
                log.warning(
                    "%s (%s) is not read, as dataset.raw does not name it", part, other.name
                )
                named.add(str(part))


def no_catalogue(part: Part, wanted: pl.Series) -> pl.DataFrame:
    """The catalogue of a format without titles."""
    return pl.DataFrame(schema=CATALOGUE)


def _parts(raw: Path, pattern: str) -> list[Part]:
    """The files of a source in the order of their names, without hidden and empty ones."""
    if raw.is_dir():
        named = [path for path in _files(raw) if fnmatch(path.name, pattern)]
        return [Part(path, "") for path in named if not _is_empty(path)]
    if not zipfile.is_zipfile(raw):
        return [Part(raw, "")]
    archive = open_zip(raw)
    inside = sorted(member.filename for member in archive.infolist() if member.file_size)
    return [Part(raw, name, archive=archive) for name in inside if _is_named(name, pattern)]


def _files(raw: Path) -> list[Path]:
    """The files below a folder, with those of linked folders; each once, and not again by a link.

    A link to nothing is one of them: it may be to a file of the data.
    """
    found: dict[Path, Path] = {}
    entered, waiting = set(), deque([raw])
    while waiting:
        folder = waiting.popleft()
        if folder.resolve() in entered:
            continue
        entered.add(folder.resolve())
        for path in _content(folder, folder == raw):
            if path.is_dir() and path.is_symlink():
                waiting.append(path)  # when all that is below real folders is found
            elif path.is_dir():
                waiting.appendleft(path)
            elif path.is_file() or not path.exists():
                known = found.setdefault(path.resolve(), path)
                if known.is_symlink() and not path.is_symlink():
                    found[path.resolve()] = path
    return sorted(found.values())


def _content(folder: Path, needed: bool) -> list[Path]:
    """What is in a folder and not hidden; an unreadable one that is not needed is left out."""
    try:
        return sorted(path for path in folder.iterdir() if not _is_hidden(path.name))
    except PermissionError as error:
        if needed:
            raise
        log.warning("%s is left out: %s", folder, error.strerror)
        return []


def _is_empty(path: Path) -> bool:
    """Whether there is nothing in the file, or in what it packs.

    Raises:
        Mistake: it is a link to a file that does not exist.
    """
    if not path.exists():
        raise Mistake(f"{path}: a link to a file that does not exist; mend the link or delete it")
    return path.stat().st_size <= EMPTY and not Part(path, "").head()


def _is_named(path: str, pattern: str) -> bool:
    parts = PurePosixPath(path).parts
    return not any(map(_is_hidden, parts)) and fnmatch(parts[-1], pattern)


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "_"))  # Spark writes _SUCCESS and .crc, macOS __MACOSX, .DS_Store
