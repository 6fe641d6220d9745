"""From the ids of a source to the ids of the project: users from 0, items from 1."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from bam.data.dataset.build.codes import IDS, Names

IN_ORDER = (
    "user",
    "part",
    "time",
    "order",
)  # the columns that decide the order, the first ones first


@dataclass(frozen=True)
class Numbered:
    """Interactions under their final ids, and the ids that the source has for them."""

    frame: pl.DataFrame  # user, item, perhaps time; each user's rows together, in time order
    users: pl.DataFrame  # user, original_id
    items: pl.DataFrame  # item, original_id
    num_items: int  # V


def number_ids(frame: pl.DataFrame, names: Names) -> Numbered:
    """Number the original ids in sorted order: as numbers where all are numbers, else as text."""
    users, user = _number(frame["user"], names, "user", first=0)
    items, item = _number(frame["item"], names, "item", first=1)
    numbered = frame.drop("rating", strict=False).with_columns(user=user, item=item)
    return Numbered(sort_by_time(numbered), users, items, len(items))


def keep_item_ids(frame: pl.DataFrame) -> Numbered:
    """For whole numbers: items keep their ids, V is the largest; users are numbered in order."""
    users, items = (frame.select(original_id=n).unique().sort("original_id") for n in IDS)
    users = users.with_row_index("user").cast({"user": pl.Int32, "original_id": pl.String})
    named = items.select(item="original_id", original_id=pl.col("original_id").cast(pl.String))
    numbered = sort_by_time(frame.with_columns(pl.col("user").rank("dense") - 1))
    return Numbered(numbered, users, named, named["item"][-1])


def sort_by_time(frame: pl.DataFrame) -> pl.DataFrame:
    """Each user's rows together, in time order; rows of equal or no time stay in file order."""
    return frame.sort([n for n in IN_ORDER if n in frame.columns], maintain_order=True)


def sort_ids(known: pl.DataFrame) -> pl.DataFrame:
    """The rows in the order of original_id: as numbers where all are numbers, else as text."""
    text = pl.col("original_id")
    number = text.cast(pl.Int64, strict=False)
    are_numbers = not known.select(number.null_count()).item()
    return known.sort([number, text] if are_numbers else text)


def _number(
    codes: pl.Series, names: Names, name: str, first: int
) -> tuple[pl.DataFrame, pl.Series]:
    """The columns `name` and original_id, and the new number of each code."""
    known = sort_ids(names.look_up(name, codes))
    known = known.with_row_index(name, offset=first).cast({name: pl.Int32})
    number_of = np.zeros(1 + int(known["code"].max()), np.int32)  # type: ignore[arg-type]
    number_of[known["code"].to_numpy()] = known[name].to_numpy()
    return known.select(name, "original_id"), pl.Series(number_of[codes.to_numpy()])
