"""Where raw bytes lie: a file, a gzipped file, or a member of a zip or folder."""

import gzip
import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import BinaryIO

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Part:
    """One file of a raw source; `member` is its name inside a zip, empty for a file of its own."""

    path: Path
    member: str

    def __str__(self) -> str:
        return f"{self.path}/{self.member}" if self.member else str(self.path)

    @contextmanager
    def open(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """The unpacked bytes, and the file under them, whose position tells the progress."""
        with self.path.open("rb") as file:
            if self.member:
                with zipfile.ZipFile(file) as archive, archive.open(self.member) as inside:
                    yield inside, file  # type: ignore[misc]
            elif _starts_with(file, GZIP):
                with gzip.open(file) as unpacked:
                    yield unpacked, file  # type: ignore[misc]
            else:
                yield file, file

    def first_line(self) -> str:
        """Without its line end and byte order mark; undecodable bytes are replaced."""
        with self.open() as (stream, _):
            return stream.readline(1 << 16).removeprefix(BOM).decode(errors="replace").rstrip()

    def text(self, encoding: str) -> str:
        """All of it: for the small tables that lie beside the interactions."""
        with self.open() as (stream, _):
            return stream.read().decode(encoding)

    def beside(self, name: str) -> "Part | None":
        """The part of that name in the same folder or zip, if there is one."""
        if not self.member:
            near = self.path.with_name(name)
            return Part(near, "") if near.is_file() else None
        near_member = str(PurePosixPath(self.member).with_name(name))
        with zipfile.ZipFile(self.path) as archive:
            return Part(self.path, near_member) if near_member in archive.namelist() else None


def find(raw: Path, pattern: str) -> Part | None:
    """The part of a folder or zip whose name matches; a file is taken whatever its name."""
    if raw.is_dir():
        matches = sorted((*raw.glob(pattern), *raw.glob(f"*/{pattern}")))
        return Part(matches[0], "") if matches else None
    if not zipfile.is_zipfile(raw):
        return Part(raw, "")
    with zipfile.ZipFile(raw) as archive:
        names = [n for n in archive.namelist() if fnmatch(PurePosixPath(n).name, pattern)]
    return Part(raw, names[0]) if names else None


def sha256(path: Path) -> str:
    """Checksum of the file as it lies there, packed or not."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _starts_with(file: BinaryIO, magic: bytes) -> bool:
    found = file.read(len(magic)) == magic
    file.seek(0)
    return found
