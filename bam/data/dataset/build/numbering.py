"""From the ids of a source to the ids of the project: users from 0, items from 1."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from jaxtyping import Int32, Int64

from bam.data.dataset.build.codes import IDS
from bam.data.dataset.build.rows import sort_by_time


@dataclass(frozen=True)
class Numbered:
    """Interactions under their final ids, and the ids that the source has for them."""

    # user, item, perhaps time and part: one user after another, each in time order and in one frame
    frames: Iterable[pl.DataFrame]
    lengths: Int64[np.ndarray, " U"]  # the interactions of each user
    users: pl.DataFrame  # user, original_id
    items: pl.DataFrame  # item, original_id
    num_items: int  # V


def number_ids(
    names: pl.DataFrame, codes: int, name: str, first: int
) -> tuple[pl.DataFrame, Int32[np.ndarray, " C"]]:
    """The columns `name` and original_id in the order of numbers, and the number of each code.

    Ids are numbered from `first` on in sorted order: as numbers where all are numbers, else as
    text. A code without a name has -1.
    """
    known = sort_ids(names).with_row_index(name, offset=first).cast({name: pl.Int32})
    number_of = np.full(codes, -1, np.int32)
    number_of[known["code"].to_numpy()] = known[name].to_numpy()
    return known.select(name, "original_id"), number_of


def keep_item_ids(frame: pl.DataFrame) -> Numbered:
    """For whole numbers: items keep their ids, V is the largest; users are numbered in order."""
    users, items = (frame.select(original_id=n).unique().sort("original_id") for n in IDS)
    users = users.with_row_index("user").cast({"user": pl.Int32, "original_id": pl.String})
    named = items.select(item="original_id", original_id=pl.col("original_id").cast(pl.String))
    numbered = sort_by_time(frame.with_columns(pl.col("user").rank("dense") - 1))
    lengths = np.bincount(numbered["user"].to_numpy())
    return Numbered([numbered], lengths, users, named, named["item"][-1])


def sort_ids(known: pl.DataFrame) -> pl.DataFrame:
    """The rows in the order of original_id: as numbers where all are numbers, else as text."""
    text = pl.col("original_id")
    number = text.cast(pl.Int64, strict=False)
    are_numbers = not known.select(number.null_count()).item()
    return known.sort([number, text] if are_numbers else text)
