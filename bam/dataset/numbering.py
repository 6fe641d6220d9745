"""From the ids of a source to the ids of the project: users from 0, items from 1."""

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Numbered:
    """Interactions under their final ids, and what those ids were called in the source."""

    frame: pl.DataFrame  # user, item, maybe time; users together, each in time order
    users: pl.DataFrame  # user, original_id
    items: pl.DataFrame  # item, original_id
    num_items: int  # V


def ranked(frame: pl.DataFrame) -> Numbered:
    """An id is the rank of the original: as numbers where all are numbers, else as text."""
    users, user = _rank(frame["user"], "user", first=0)
    items, item = _rank(frame["item"], "item", first=1)
    numbered = in_time_order(frame.with_columns(user=user, item=item))
    return Numbered(numbered, users, items, len(items))


def kept(frame: pl.DataFrame) -> Numbered:
    """Item ids stay as they are, and V is the largest; users are ranked."""
    users, user = _rank(frame["user"].cast(pl.String).cast(pl.Categorical), "user", first=0)
    items = frame.select("item").unique().sort("item")
    named = items.with_columns(original_id=pl.col("item").cast(pl.String))
    return Numbered(in_time_order(frame.with_columns(user=user)), users, named, items["item"][-1])


def in_time_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Users together; equal times, or none, stay in file order."""
    return frame.sort([n for n in ("user", "time") if n in frame.columns], maintain_order=True)


def _rank(column: pl.Series, name: str, first: int) -> tuple[pl.DataFrame, pl.Series]:
    known = pl.DataFrame({"original_id": column.unique()})
    known = known.with_columns(
        code=pl.col("original_id").to_physical(), original_id=pl.col("original_id").cast(pl.String)
    )
    number = known["original_id"].cast(pl.Int64, strict=False)
    keys = [number, known["original_id"]] if number.null_count() == 0 else [known["original_id"]]
    known = known.sort(keys).with_row_index(name, offset=first).cast({name: pl.Int32})
    lookup = np.zeros(1 + int(known["code"].max()), np.int32)  # type: ignore[arg-type]
    lookup[known["code"].to_numpy()] = known[name].to_numpy()
    return known.select(name, "original_id"), pl.Series(lookup[column.to_physical().to_numpy()])
