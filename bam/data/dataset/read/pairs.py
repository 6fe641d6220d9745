"""The published file format: one `user item` pair a line, ids from 1, users in time order."""

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import chain

import polars as pl

from bam.data.dataset.read.format import Format, no_catalogue
from bam.data.dataset.read.lines import Block, blocks
from bam.data.dataset.read.part import Part
from bam.data.dataset.read.split_files import add_split

PAIR = re.compile(r"-?\d+[ \t]+-?\d+")
LARGEST = 2**31 - 1
SCHEMA = {"user": pl.Int32, "item": pl.Int32}


def read_pairs(*parts: Part) -> Iterator[pl.DataFrame]:
    """User and item as int32, in file order.

    Raises:
        Mistake: a line is not two whole numbers, or an id is below 1 or too large.
    """
    for block in chain.from_iterable(blocks(part, quote="") for part in parts):
        frame = _read_fast(block)
        yield add_split(_read_line_by_line(block) if frame is None else frame, block.part)


def _read_fast(block: Block) -> pl.DataFrame | None:
    """None where a line is unusual: the slow way then reads it, or names it."""
    separator = "\t" if b"\t" in block.data[:100] else " "
    try:
        frame = pl.read_csv(
            BytesIO(block.data), has_header=False, separator=separator, schema=SCHEMA
        )
    except pl.exceptions.PolarsError:
        return None
    lowest = frame.select(pl.min_horizontal(pl.all().min())).item()
    gaps = frame.null_count().sum_horizontal().item()
    return None if gaps or lowest is None or lowest < 1 else frame


def _read_line_by_line(block: Block) -> pl.DataFrame:
    rows = [
        _pair(block, row, line) for row, line in enumerate(block.data.split(b"\n")) if line.strip()
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _pair(block: Block, row: int, line: bytes) -> tuple[int, int]:
    found = line.decode(errors="replace").strip()
    if not PAIR.fullmatch(found):
        problem = f"must be `user item`, two whole numbers, got {found[:60]!r}"
        remedy = "dataset=sequences reads `user item item ...` lines"
        raise block.mistake(row, f"{problem}; correct the line ({remedy})")
    user, item = map(int, found.split())
    for name, number in (("user", user), ("item", item)):
        if not 1 <= number <= LARGEST:
            problem = f"{name} id must be 1 to {LARGEST}, got {number}"
            raise block.mistake(row, f"{problem}; correct the line")
    return user, item


PAIRS = Format(
    name="`user item` lines",
    file="*.txt",
    first_line=PAIR.pattern,
    chunks=read_pairs,
    catalogue=no_catalogue,
    published=True,
)
