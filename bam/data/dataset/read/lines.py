"""A raw file in blocks of whole lines, so that files larger than memory pass through."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tqdm import tqdm

from bam.data.dataset.read.part import BOM, Part
from bam.errors import Mistake

SIZE = 1 << 25  # 32 MiB: large enough for a fast parser, small beside the interactions
LONGEST = 2 * SIZE


@dataclass(frozen=True)
class Block:
    """Whole lines of a part; `line` is the 1-based number of the first of them."""

    part: Part
    line: int
    data: bytes

    def mistake(self, row: int, what: str) -> Mistake:
        """The sentence about one line of the block, `row` counted from 0."""
        return Mistake(f"{self.part}:{self.line + row}: {what}")

    def after_first_line(self) -> "Block":
        """The block without its first line."""
        return Block(self.part, self.line + 1, self.data.partition(b"\n")[2])


def blocks(part: Part, quoted: bool) -> Iterator[Block]:
    """Whole lines in file order; where `quoted`, a newline inside quotes ends no line."""
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
            cut = _last_line_end(rest, quoted=False)  # a stray quote: no field is that long
            if not cut:
                raise Mistake(f"{part}: a line never ends; is it a text file?")
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    if rest.strip():
        yield rest


def _last_line_end(data: bytes, quoted: bool) -> int:
    cut = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, cut) if quoted else 0
    while quotes % 2:  # the last one opens a field that is still open: cut before its line
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
