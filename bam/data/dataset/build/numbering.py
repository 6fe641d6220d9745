"""From the ids of a source to the ids of the project: users from 0, items from 1."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from bam.data.dataset.build.codes import IDS, Names


@dataclass(frozen=True)
class Numbered:
    """Interactions under their final ids, and what those ids were called in the source."""

    frame: pl.DataFrame  # user, item, maybe time; users together, each in time order
    users: pl.DataFrame  # user, original_id
    items: pl.DataFrame  # item, original_id
    num_items: int  # V


def ranked(frame: pl.DataFrame, names: Names) -> Numbered:
    """An id is the rank of the original: as numbers where all are numbers, else as text."""
    users, user = _rank(frame["user"], names, "user", first=0)
    items, item = _rank(frame["item"], names, "item", first=1)
    known = frame.drop("rating", strict=False).with_columns(user=user, item=item)
    return Numbered(in_time_order(known), users, items, len(items))


def kept(frame: pl.DataFrame) -> Numbered:
    """Whole numbers: item ids stay as they are, and V is the largest; users are ranked."""
    users, items = (frame.select(original_id=n).unique().sort("original_id") for n in IDS)
    users = users.with_row_index("user").cast({"user": pl.Int32, "original_id": pl.String})
    named = items.select(item="original_id", original_id=pl.col("original_id").cast(pl.String))
    numbered = in_time_order(frame.with_columns(pl.col("user").rank("dense") - 1))
    return Numbered(numbered, users, named, named["item"][-1])


def in_time_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Users together; equal times, or none, stay in file order."""
    return frame.sort([n for n in ("user", "time") if n in frame.columns], maintain_order=True)


def _rank(codes: pl.Series, names: Names, name: str, first: int) -> tuple[pl.DataFrame, pl.Series]:
    known = names.of(name, codes)
    number = known["original_id"].cast(pl.Int64, strict=False).alias("number")
    if not number.null_count():
        known = known.with_columns(number)
    keys = [key for key in ("number", "original_id") if key in known.columns]
    known = known.sort(keys).with_row_index(name, offset=first).cast({name: pl.Int32})
    lookup = np.zeros(1 + int(known["code"].max()), np.int32)  # type: ignore[arg-type]
    lookup[known["code"].to_numpy()] = known[name].to_numpy()
    return known.select(name, "original_id"), pl.Series(lookup[codes.to_numpy()])
