"""One file of a raw source: a plain file, a gzipped file, or a file inside a zip."""

import gzip
import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from bam.errors import Mistake

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
HEAD = 1 << 20  # bytes; no useful first line is longer


@dataclass(frozen=True)
class Part:
    """One file of a raw source; `member` is its name inside a zip, empty outside one."""

    path: Path
    member: str

    def __str__(self) -> str:
        return f"{self.path}/{self.member}" if self.member else str(self.path)

    @property
    def name(self) -> str:
        """The file's name, without folders."""
        return PurePosixPath(self.member).name or self.path.name

    @contextmanager
    def open(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """The unpacked bytes, and the packed file, whose position shows the progress.

        Raises:
            Mistake: the packed file is damaged.
        """
        with self.path.open("rb") as file:
            try:
                with self._unpack(file) as stream:
                    yield stream, file
            except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile) as error:
                raise Mistake(f"{self}: damaged ({error}); download it again") from None

    @contextmanager
    def _unpack(self, file: BinaryIO) -> Iterator[BinaryIO]:
        if self.member:
            with zipfile.ZipFile(file) as archive, archive.open(self.member) as inside:
                yield inside  # type: ignore[misc]
        elif _starts_with(file, GZIP):
            with gzip.open(file) as unpacked:
                yield unpacked  # type: ignore[misc]
        else:
            yield file

    def first_line(self) -> str:
        """The first line, without line end and byte order mark; bad bytes are replaced."""
        with self.open() as (stream, _):
            line = stream.readline(HEAD).removeprefix(BOM)
        return line.decode(errors="replace").rstrip("\r\n")

    def read_text(self) -> str:
        """The whole text, in UTF-8 or else Latin-1: for small tables beside the interactions."""
        with self.open() as (stream, _):
            data = stream.read()
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("latin-1")

    def sibling(self, *names: str) -> "Part | None":
        """The first of these files that exists in the same folder or zip."""
        siblings = (Part(self.path.with_name(name), "") for name in names)
        if self.member:
            inside = PurePosixPath(self.member)
            siblings = (Part(self.path, str(inside.with_name(name))) for name in names)
        return next((part for part in siblings if part._exists()), None)

    def _exists(self) -> bool:
        if not self.member:
            return self.path.is_file()
        with zipfile.ZipFile(self.path) as archive:
            return self.member in archive.namelist()


def sha256(path: Path) -> str:
    """The checksum of the file on the disk, packed or not."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _starts_with(file: BinaryIO, magic: bytes) -> bool:
    found = file.read(len(magic)) == magic
    file.seek(0)
    return found
