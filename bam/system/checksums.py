"""Damage is noticed: the checksums of a folder's files are kept beside them, in SHA256SUMS.

The file has the form that `sha256sum --check SHA256SUMS` reads. A file without a line in it, as an
earlier version of bam wrote it, is not checked.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bam.errors import Mistake
from bam.system.files import replacing, write_text

SUMS = "SHA256SUMS"
LINE = re.compile(r"([0-9a-f]{64})  (?!/|(?:.*/)?\.\./)([^\n]+)\n")  # never outside of the folder
Sums = dict[str, list[str]]  # of each file; two while it is being replaced


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def recording(path: Path) -> Iterator[Path]:
    """As `replacing`, and record the checksum of what was written.

    Until the file is replaced, the old and the new checksum are both right: so the folder is right
    whenever the program is stopped.
    """
    with replacing(path) as unfinished:
        yield unfinished
        new, sums = sha256(unfinished), read_sums(path.parent)
        _write(path.parent, {**sums, path.name: [new, *sums.get(path.name, [])]})
    _write(path.parent, {**sums, path.name: [new]})


def move(path: Path, place: Path) -> None:
    """Move a file to another name in its folder, together with its checksum, if it has one."""
    sums = read_sums(path.parent)
    moved, there = sums.get(path.name, []), sums.get(place.name, [])
    _write(path.parent, {**sums, place.name: [*moved, *there] if moved else []})
    path.replace(place)
    _write(path.parent, {**sums, place.name: moved, path.name: []})


def remove(path: Path) -> None:
    """Delete a file, if it is there, and its checksum."""
    path.unlink(missing_ok=True)
    if path.name in (sums := read_sums(path.parent)):
        _write(path.parent, {**sums, path.name: []})


def record_folder(folder: Path) -> None:
    """Record the checksum of every file in a folder, at any depth, that is not in use yet."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    _write(folder, {path.relative_to(folder).as_posix(): [sha256(path)] for path in files})


def verify(path: Path, remedy: str) -> None:
    """Require that a file is as it was written.

    Raises:
        Mistake: it is not there, no file, or damaged; the sentence ends with the remedy.
    """
    _verify(path, read_sums(path.parent).get(path.name, []), remedy)


def verify_folder(folder: Path, remedy: str) -> None:
    """As `verify`, of every file of the folder that has a checksum, at any depth."""
    for name, known in read_sums(folder).items():
        _verify(folder / name, known, remedy)


def _verify(path: Path, known: list[str], remedy: str) -> None:
    if not path.is_file():
        found = "is no file" if path.exists() else "no such file"
        raise Mistake(f"{path}: {found}; {remedy}")
    if known and sha256(path) not in known:
        raise Mistake(f"{path}: damaged, for its SHA-256 is not the one in {SUMS}; {remedy}")


def read_sums(folder: Path) -> Sums:
    """The checksums of the folder's files; none where nothing was recorded.

    Raises:
        Mistake: they are damaged.
    """
    path, sums = folder / SUMS, Sums()
    if not path.exists():
        return sums
    if not path.is_file():
        raise Mistake(f"{path}: is no file; delete it to use the folder unchecked")
    text = path.read_text("utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if not (found := LINE.fullmatch(line)):
            rule = "must be a SHA-256, two spaces and a name"
            raise Mistake(f"{path}:{number}: {rule}; delete it to use the folder unchecked")
        sums.setdefault(found[2], []).append(found[1])
    return sums


def _write(folder: Path, sums: Mapping[str, list[str]]) -> None:
    lines = [f"{digits}  {name}\n" for name, known in sums.items() for digits in known]
    if lines or (folder / SUMS).exists():
        write_text(folder / SUMS, "".join(lines))
