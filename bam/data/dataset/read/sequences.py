"""One line a user: `user item item item ...`, the items in time order."""

from collections.abc import Iterator

import polars as pl

from bam.data.dataset.read.cast import read_id
from bam.data.dataset.read.header import NAMES
from bam.data.dataset.read.lines import Block, blocks
from bam.data.dataset.read.part import Part
from bam.data.dataset.read.split_files import add_split
from bam.errors import Mistake

FORM = "`user item item ...`"


def read_sequences(*parts: Part) -> Iterator[pl.DataFrame]:
    """User and item as text, in file order; spaces or tabs are between them.

    Raises:
        Mistake: a line has no item, an id is missing, a user has two lines, or the file seems to
            be another one: of `user item` pairs, with a header, or with commas.
    """
    for part in parts:
        before: list[pl.Series] = []  # hashes of the users of earlier blocks
        for block in blocks(part, quote=""):
            fields = _split(block)
            if block.line == 1:
                _require_sequences(part, fields["fields"], pairs_are_odd=part == parts[0])
            _require_one_line_a_user(block, fields, before)
            yield add_split(_unfold(block, fields), part)


def _split(block: Block) -> pl.DataFrame:
    """Row in the block, and fields of each line that is not blank."""
    lines = pl.DataFrame({"line": block.data.decode().split("\n")}).with_row_index("row")
    fields = lines.select("row", fields=pl.col("line").str.extract_all(r"[^ \t\r]+"))
    fields = fields.filter(pl.col("fields").list.len() > 0)
    for row, found in fields.filter(pl.col("fields").list.len() == 1).rows():
        raise block.mistake(row, f"must be {FORM}, got {found[0]!r} alone; delete the line")
    return fields


def _require_sequences(part: Part, lines: pl.Series, pairs_are_odd: bool) -> None:
    """Refuse a file whose first lines look like those of another kind of file."""
    first = lines[0].to_list() if len(lines) else []
    if pairs_are_odd and len(lines) and lines.list.len().max() == 2:
        raise Mistake(
            f"{part}: every line has two fields, as in `user item` pairs; "
            "dataset must be file or table to read pairs"
        )
    if first and all(NAMES.fullmatch(name) for name in first[:2]):
        raise Mistake(f"{part}:1: may be a header, got {' '.join(first)[:60]!r}; delete the line")
    if any(field.endswith(",") for field in first):
        shown = " ".join(first)[:60]
        raise Mistake(f"{part}:1: must have spaces or tabs between fields, got {shown!r}")


def _require_one_line_a_user(block: Block, lines: pl.DataFrame, before: list[pl.Series]) -> None:
    # 64 bits of hash are enough, as in `encode`
    users = lines.select("row", hash=pl.col("fields").list.first().hash())
    again = ~pl.col("hash").is_first_distinct()
    for earlier in before:
        again |= pl.col("hash").is_in(earlier.implode())
    rows = users.filter(again)["row"]
    before.append(users["hash"])
    if len(rows):
        problem = "the user has an earlier line; put all items of a user into one line"
        raise block.mistake(int(rows[0]), f"{problem}, or pairs into a file for dataset=table")


def _unfold(block: Block, lines: pl.DataFrame) -> pl.DataFrame:
    user, items = pl.col("fields").list.first(), pl.col("fields").list.slice(1)
    rows = lines.select("row", user=user, item=items).explode("item")
    ids = {name: read_id(rows[name]) for name in ("user", "item")}
    for name, column in ids.items():
        for place in column.is_null().arg_true():
            got = rows[name][int(place)]
            problem = f"{name} is missing or unreadable, got {got!r}; correct the line"
            raise block.mistake(int(rows["row"][int(place)]), problem)
    return pl.DataFrame(ids)
