"""A raw file in blocks of whole lines, so that files larger than memory can be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tqdm import tqdm

from bam.data.dataset.read.part import BLANK, BOM, Part
from bam.errors import Mistake
from bam.system.bars import progress_bar

SIZE = 1 << 25  # 32 MiB: large enough for a fast parser, small compared with the interactions
LONGEST = 2 * SIZE  # of a field in quotes, and of a line
BOMB, RATIO = 1 << 28, 200  # bytes; a table is packed to a third or a tenth, a zip bomb to 1/1000


@dataclass(frozen=True)
class Block:
    """Whole lines of a part; `line` is the number of the first one, counted from 1."""

    part: Part
    line: int
    data: bytes

    def mistake(self, row: int, problem: str) -> Mistake:
        """The message about a line of the block; `row` is counted from 0."""
        return Mistake(f"{self.part}:{self.line + row}: {problem}")

    def require_text(self) -> "Block":
        """The block itself.

        Raises:
            Mistake: a line is not UTF-8, or has a NUL byte, as UTF-16 without its mark does.
        """
        nul = self.data.find(b"\0")
        if nul >= 0:
            raise self._refusal(nul, "no text, it has a NUL byte", "utf-16-le or utf-16-be")
        try:
            if not self.data.isascii():
                self.data.decode()
        except UnicodeDecodeError as error:
            byte = f"not UTF-8, it has the byte 0x{self.data[error.start]:02x}"
            raise self._refusal(error.start, byte, "latin-1 or cp1252") from None
        return self

    def _refusal(self, place: int, problem: str, encodings: str) -> Mistake:
        row = self.data.count(b"\n", 0, place)
        return self.mistake(row, f"{problem}; a table may name it: dataset.encoding={encodings}")

    def after_header(self) -> "Block":
        """The block without its first line that is not blank, and without those before it."""
        blank = len(self.data) - len(self.data.lstrip(BLANK))
        begin = self.data.rfind(b"\n", 0, blank) + 1
        end = self.data.find(b"\n", begin) + 1 or len(self.data)
        return Block(self.part, self.line + self.data.count(b"\n", 0, end), self.data[end:])


def blocks(part: Part, quote: str) -> Iterator[Block]:
    """Whole lines in file order; a newline between two of `quote`, if any, does not end a line.

    Raises:
        Mistake: a line is longer than LONGEST, or is not UTF-8.
    """
    line = 1
    for data in _cut(part, quote.encode()):
        yield Block(part, line, data).require_text()
        line += data.count(b"\n")


def _cut(part: Part, quote: bytes) -> Iterator[bytes]:
    rest = b""
    for data in _read(part):
        rest += data
        cut = last_line_end(rest, quote)
        if not cut and len(rest) > LONGEST:
            cut = last_line_end(rest, b"")  # a single quote: no field is that long
            if not cut:
                raise Mistake(f"{part}: a line never ends; give a text file")
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    if rest.strip():
        yield rest


def last_line_end(data: bytes, quote: bytes) -> int:
    """How many bytes have whole lines, where a line end between two of `quote`, if any, is none."""
    cut = data.rfind(b"\n") + 1
    quotes = data.count(quote, 0, cut) if quote else 0
    while quotes % 2:  # the last quote opens a field that is not closed: cut before its line
        before = data.rfind(b"\n", 0, data.rfind(quote, 0, cut)) + 1
        quotes -= data.count(quote, before, cut)
        cut = before
    return cut


def _read(part: Part) -> Iterator[bytes]:
    with part.open() as (stream, file), _bar(part) as bar:
        data, unpacked = stream.read(SIZE).removeprefix(BOM), 0
        while data:
            yield data
            unpacked += len(data)
            if unpacked > max(BOMB, RATIO * file.tell()):
                raise Mistake(f"{part}: unpacks to {RATIO} times its size; unpack it, and look")
            bar.update(file.tell() - bar.n)
            data = stream.read(SIZE)


def _bar(part: Part) -> "tqdm[BinaryIO]":
    size = part.path.stat().st_size
    return progress_bar(total=size, unit="B", unit_scale=True, desc=f"read {part.name}", delay=1)
