"""A raw file in blocks of whole lines, so that files larger than memory can be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tqdm import tqdm

from bam.data.dataset.read.part import BOM, Part
from bam.errors import Mistake

SIZE = 1 << 25  # 32 MiB: large enough for a fast parser, small compared with the interactions
LONGEST = 2 * SIZE  # of a field in quotes, and of a line


@dataclass(frozen=True)
class Block:
    """Whole lines of a part; `line` is the number of the first one, counted from 1."""

    part: Part
    line: int
    data: bytes

    def mistake(self, row: int, problem: str) -> Mistake:
        """The message about a line of the block; `row` is counted from 0."""
        return Mistake(f"{self.part}:{self.line + row}: {problem}")

    def after_first_line(self) -> "Block":
        """The block without its first line."""
        return Block(self.part, self.line + 1, self.data.partition(b"\n")[2])


def blocks(part: Part, quoted: bool) -> Iterator[Block]:
    """Whole lines in file order; if `quoted`, a newline between quotes does not end a line.

    Raises:
        Mistake: a line is longer than LONGEST.
    """
    line = 1
    for data in _cut(part, quoted):
        yield Block(part, line, data)
        line += data.count(b"\n")


def _cut(part: Part, quoted: bool) -> Iterator[bytes]:
    rest = b""
    for data in _read(part):
        rest += data
        cut = _last_line_end(rest, quoted)
        if not cut and len(rest) > LONGEST:
            cut = _last_line_end(rest, quoted=False)  # a single quote: no field is that long
            if not cut:
                raise Mistake(f"{part}: a line never ends; give a text file")
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    if rest.strip():
        yield rest


def _last_line_end(data: bytes, quoted: bool) -> int:
    cut = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, cut) if quoted else 0
    while quotes % 2:  # the last quote opens a field that is not closed: cut before its line
        before = data.rfind(b"\n", 0, data.rfind(b'"', 0, cut)) + 1
        quotes -= data.count(b'"', before, cut)
        cut = before
    return cut


def _read(part: Part) -> Iterator[bytes]:
    with part.open() as (stream, file), _bar(part) as bar:
        data = stream.read(SIZE).removeprefix(BOM)
        while data:
            yield data
            bar.update(file.tell() - bar.n)
            data = stream.read(SIZE)


def _bar(part: Part) -> "tqdm[BinaryIO]":
    size = part.path.stat().st_size
    return tqdm(total=size, unit="B", unit_scale=True, desc=f"read {part.name}")
