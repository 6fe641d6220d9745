"""One file of a raw source: a plain file, a gzipped file, or a file inside a zip."""

import codecs
import gzip
import io
import lzma
import re
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from bam.errors import Mistake
from bam.system.files import naming

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
BLANK = b" \r\n"  # what a blank line has
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
PARQUET = b"PAR1"
LONGEST_MARK = 512  # bytes
PACKED = {  # what is not unpacked here
    "bzip2": re.compile(rb"BZh[1-9]1AY&SY"),
    "gzip, twice": re.compile(rb"\x1f\x8b"),
    "tar": re.compile(rb"(?s).{257}ustar"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "zip": re.compile(rb"PK\x03\x04"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd"),
}
OTHERS = {  # files of other programs, which are not read
    "an Arrow file": re.compile(rb"ARROW1"),
    "a database of SQLite": re.compile(rb"SQLite format 3"),
    "an HDF5 file": re.compile(rb"\x89HDF"),
    "a pickle of Python": re.compile(rb"\x80[\x02-\x05]"),
}
OFFICE = "[Content_Types].xml"  # in a zip that is a workbook
HEAD = 1 << 20  # bytes; no useful first line is longer
SMALL = 1 << 28  # bytes
ENCRYPTED = 1  # the flag of a member of a zip
DAMAGED = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
SAMPLE = 1 << 16  # bytes that show how a file is laid out
UTF_8 = "utf-8"


@dataclass(frozen=True)
class _Recoded:
    """A stream of bytes in UTF-8, from text in another encoding."""

    text: io.TextIOWrapper

    def read(self, size: int = -1) -> bytes:
        return self.text.read(size).encode()

    def readline(self, size: int = -1) -> bytes:
        return self.text.readline(size).encode()


@dataclass(frozen=True)
class Part:
    """One file of a raw source, which is read as UTF-8 text in whichever encoding it is."""

    path: Path
    member: str  # its name inside a zip; empty outside one
    encoding: str = UTF_8  # a file that begins with the mark of UTF-16 is read as such
    split: str = ""  # train, valid or test, in a source that is split into such files
    # the zip around the member, opened once: to read its list of members for each would be slow
    archive: zipfile.ZipFile | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.path}/{self.member}" if self.member else str(self.path)

    @property
    def name(self) -> str:
        """The file's name, without folders."""
        return PurePosixPath(self.member).name or self.path.name

    @contextmanager
    def open(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """The unpacked bytes in UTF-8, and the packed file, whose position shows the progress.

        Raises:
            Mistake: the packed file is damaged or encrypted, or is not in its encoding.
        """
        with naming(self.path):
            try:
                with self._unpack() as (stream, file):
                    yield self._recode(stream), file
            except UnicodeDecodeError as error:
                problem = f"not {error.encoding} ({error.reason})"
                raise Mistake(f"{self}: {problem}; dataset.encoding must name its own") from None
            except DAMAGED as error:
                raise Mistake(f"{self}: damaged ({error}); download it again") from None

    @contextmanager
    def _unpack(self) -> Iterator[tuple[Any, Any]]:
        with self._open_member(self.archive) if self.archive else self.path.open("rb") as stored:
            file = self.archive.fp if self.archive else stored
            if _starts_with(stored, GZIP):
                with gzip.open(stored) as unpacked:
                    yield self._checked(unpacked), file
            else:
                yield self._checked(stored), file

    def _checked(self, stream: Any) -> Any:
        """The stream, which is not packed in another way, and no file of another program.

        Raises:
            Mistake: it is.
        """
        begin = stream.read(LONGEST_MARK)
        stream.seek(0)
        for kind, mark in PACKED.items():
            if mark.match(begin):
                raise Mistake(
                    f"{self}: packed by {kind}, or damaged; unpack it, or download it again"
                )
        for kind, mark in OTHERS.items():
            if mark.match(begin):
                raise Mistake(f"{self}: {kind}, which is not read; write it as CSV or Parquet")
        return stream

    def _open_member(self, archive: zipfile.ZipFile) -> Any:
        if archive.getinfo(self.member).flag_bits & ENCRYPTED:
            raise Mistake(f"{self}: encrypted; unpack it with its password")
        try:
            return archive.open(self.member)
        except OSError as error:  # its place is before the beginning of the file
            raise Mistake(f"{self}: damaged ({error}); download it again") from None
        except NotImplementedError as error:
            raise Mistake(f"{self}: cannot be unpacked here ({error}); unpack it") from None

    def _recode(self, stream: Any) -> Any:
        encoding = self.encoding
        if encoding == UTF_8:
            if not any(_starts_with(stream, mark) for mark in UTF_16):
                return stream
            encoding = "utf-16"
        # newline: only "\n" ends a line, and no line end is changed
        return _Recoded(io.TextIOWrapper(stream, encoding, newline="\n"))

    @property
    def is_parquet(self) -> bool:
        """Whether the file begins as Parquet files do."""
        with replace(self, encoding=UTF_8).open() as (stream, _):
            return bool(stream.read(len(PARQUET)) == PARQUET)

    @property
    def is_packed(self) -> bool:
        """Whether the file is inside a zip or gzipped."""
        with self.path.open("rb") as file:
            return bool(self.member) or _starts_with(file, GZIP)

    def head(self) -> bytes:
        """Some whole lines from the first on, in UTF-8, without a byte order mark."""
        with self.open() as (stream, _):
            data = stream.read(SAMPLE)
            data += stream.readline(HEAD)
        return data.removeprefix(BOM)

    def first_line(self) -> str:
        """The first line that is not blank, without line end; bad bytes are replaced."""
        with self.open() as (stream, _):
            line = stream.readline(HEAD).removeprefix(BOM)
            while line and not line.strip(BLANK):
                line = stream.readline(HEAD)
        return line.decode(errors="replace").rstrip("\r\n")

    def read_text(self) -> str:
        """The whole text, in UTF-8 or else Latin-1: for small tables beside the interactions.

        Raises:
            Mistake: it is not small.
        """
        with self.open() as (stream, _):
            data = stream.read(SMALL + 1)
        if len(data) > SMALL:
            raise Mistake(f"{self}: must have at most {SMALL >> 20} MiB; is it damaged?")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("latin-1")

    def sibling(self, *names: str) -> "Part | None":
        """The first of these files that exists in the same folder or zip."""
        siblings = (Part(self.path.with_name(name), "", self.encoding) for name in names)
        if self.member:
            inside = PurePosixPath(self.member)
            siblings = (replace(self, member=str(inside.with_name(name))) for name in names)
        return next((part for part in siblings if part._exists()), None)

    def _exists(self) -> bool:
        if self.archive:
            return self.member in self.archive.namelist()
        return self.path.is_file()


def open_zip(path: Path) -> zipfile.ZipFile:
    """The zip, which is closed when no Part has it any more.

    Raises:
        Mistake: it is damaged.
    """
    with naming(path):
        file = path.open("rb")
        try:
            archive = zipfile.ZipFile(file)
        except (*DAMAGED, NotImplementedError, UnicodeDecodeError) as error:
            file.close()
            raise Mistake(f"{path}: damaged ({error}); download it again") from None
    if OFFICE in archive.namelist():
        file.close()
        raise Mistake(f"{path}: a workbook, which is not read; write it as CSV or Parquet")
    weakref.finalize(archive, file.close)  # also where an error holds it: Python warns of others
    return archive


def _starts_with(file: Any, magic: bytes) -> bool:
    found = file.read(len(magic)) == magic
    file.seek(0)
    return found
