"""RecBole's sequences: each row has a user, the items before an item, and that item."""

from collections.abc import Iterator

import polars as pl

from bam.data.dataset.read.cast import read_id
from bam.data.dataset.read.lines import blocks
from bam.data.dataset.read.part import Part
from bam.errors import Mistake

FIELDS = ("user_id", "item_id_list", "item_id")
SCHEMA = {"line": pl.Int64, "user": pl.String, "items": pl.String}


def read_sequences(part: Part) -> Iterator[pl.DataFrame]:
    """The interactions of each user: the longest sequence, which must begin with all the others.

    There are no times: the sequence is in time order.

    Raises:
        Mistake: a line cannot be read, or two sequences of a user do not fit together.
    """
    rows = pl.DataFrame(list(_rows(part)), schema=SCHEMA, orient="row")
    longest = rows.sort(pl.col("items").str.len_bytes()).unique("user", keep="last")
    users = rows.unique("user", keep="first", maintain_order=True).select("user")
    joined = rows.join(longest, on="user", suffix="_longest", maintain_order="left")
    begins = (pl.col("items_longest") + " ").str.starts_with(pl.col("items") + " ")
    wrong = joined.filter(~begins)
    if len(wrong):
        line, user = wrong.select("line", "user").row(0)
        problem = f"the items of user {user} must begin a longer list of this user"
        raise Mistake(f"{part}:{line}: {problem}; give a file of single interactions")
    ordered = users.join(longest, on="user", maintain_order="left")
    yield ordered.select("user", item=pl.col("items").str.split(" ")).explode("item")


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
                if read_id(pl.Series([user, item])).null_count():
                    raise block.mistake(row, "user_id or item_id is missing; correct the line")
                yield block.line + row, user.strip(), " ".join([*before.split(), item.strip()])
            elif line.strip():
                problem = f"must have {len(names)} fields, got {len(fields)}"
                raise block.mistake(row, f"{problem}; correct the line")
