"""RecBole's sequences: each row has a user, the items before an item, and that item."""

from collections.abc import Iterator

import polars as pl

from bam.data.dataset.read.cast import read_id
from bam.data.dataset.read.lines import blocks
from bam.data.dataset.read.part import Part
from bam.data.dataset.read.split_files import SPLIT
from bam.errors import Mistake

FIELDS = ("user_id", "item_id_list", "item_id")
SCHEMA = {"file": pl.Int8, "line": pl.Int64, "user": pl.String, "items": pl.String}


def read_sequences(*parts: Part) -> Iterator[pl.DataFrame]:
    """The interactions of each user: the longest sequence, which must begin with all the others.

    There are no times: the sequence is in time order. In files of train, valid and test, the item
    of a row is of the part of its file, and a list alone is history.

    Raises:
        Mistake: a line cannot be read, or two sequences of a user do not fit together.
    """
    found = [(file, *row) for file, part in enumerate(parts) for row in _rows(part)]
    rows = pl.DataFrame(found, schema=SCHEMA, orient="row")
    longest = rows.sort(pl.col("items").str.len_bytes()).unique("user", keep="last")
    users = rows.unique("user", keep="first", maintain_order=True).select("user")
    joined = rows.join(longest, on="user", suffix="_longest", maintain_order="left")
    begins = (pl.col("items_longest") + " ").str.starts_with(pl.col("items") + " ")
    wrong = joined.filter(~begins)
    if len(wrong):
        file, line, user = wrong.select("file", "line", "user").row(0)
        problem = f"the items of user {user} must begin a longer list of this user"
        raise Mistake(f"{parts[file]}:{line}: {problem}; give a file of single interactions")
    ordered = users.join(longest, on="user", maintain_order="left")
    items = ordered.select("user", item=pl.col("items").str.split(" ")).explode("item")
    yield _add_parts(items, rows, parts) if parts[0].split else items


def _add_parts(items: pl.DataFrame, rows: pl.DataFrame, parts: tuple[Part, ...]) -> pl.DataFrame:
    """The items with the part of the row that ends with them; -1 before the first such row.

    Raises:
        Mistake: an item is the target of two parts, a part comes before an earlier one, or an item
            after the first such row ends no row: it would be a target of the part before it.
    """
    split = pl.Series([SPLIT.index(part.split) for part in parts], dtype=pl.Int8)
    place = pl.col("items").str.count_matches(" ")
    ends = rows.with_columns(place=place, part=split.gather(rows["file"]))
    clash = ends.group_by("user", "place").agg(pl.col("part").n_unique()).filter(pl.col("part") > 1)
    counted = items.with_columns(place=pl.int_range(pl.len(), dtype=pl.UInt32).over("user"))
    ends = ends.unique(["user", "place"]).select("user", "place", "part")
    joined = counted.join(ends, on=["user", "place"], how="left", maintain_order="left")
    so_far = pl.col("part").forward_fill().over("user")
    gap = joined.filter(pl.col("part").is_null() & so_far.is_not_null())
    joined = joined.with_columns(so_far.fill_null(-1))
    falls = joined.filter((pl.col("part").diff() < 0).over("user"))
    for wrong in (clash, falls):
        if len(wrong):
            raise Mistake(
                f"{parts[0]}: the rows of user {wrong['user'][0]} must train, then validate, then "
                "test, each item once; give files of single interactions"
            )
    if len(gap):
        raise Mistake(
            f"{parts[0]}: item {gap['item'][0]} of user {gap['user'][0]} is in a list alone, after "
            "an item with a row; give a row that ends with it, or files of single interactions"
        )
    return joined.drop("place")


def _rows(part: Part) -> Iterator[tuple[int, str, str]]:
    """Line, user, and all items of the line, with one space between."""
    names: list[str] = []
    for block in blocks(part, quote=""):
        for row, line in enumerate(block.data.decode().split("\n")):
            fields = line.rstrip("\r").split("\t")
            if not names:
                names = [field.partition(":")[0] for field in fields]
            elif len(fields) == len(names):
                found = dict(zip(names, fields, strict=True))
                user, before, item = (found[name] for name in FIELDS)
                items = [*before.split(), item.strip()]
                if read_id(pl.Series([user, *items])).null_count():
                    problem = f"one of {', '.join(FIELDS)} is missing or has a missing id"
                    raise block.mistake(row, f"{problem}; correct the line")
                yield block.line + row, " ".join(user.split()), " ".join(items)
            elif line.strip():
                problem = f"must have {len(names)} fields, got {len(fields)}"
                raise block.mistake(row, f"{problem}; correct the line")
