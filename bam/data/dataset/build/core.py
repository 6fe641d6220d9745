"""The core of interactions: its users and items all have as many of them as is wanted."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Bool, Int64

from bam.data.dataset.build.rows import Rows, store_rows

Counts = tuple[Int64[np.ndarray, " U"], Int64[np.ndarray, " I"]]  # of each user and each item
Kept = tuple[Bool[np.ndarray, " U"], Bool[np.ndarray, " I"]]
PAIR = ("user", "item")


def count_all(rows: Rows, sizes: tuple[int, int]) -> Counts:
    """How many rows each of the users and items has; `sizes` are their numbers."""
    return count_rows(rows, (np.ones(sizes[0], bool), np.ones(sizes[1], bool)))


def count_rows(rows: Rows, kept: Kept) -> Counts:
    """How many rows of kept users and items each of them has; 0 for the others."""
    users, items = (np.zeros(len(one), np.int64) for one in kept)
    for frame in _rest(rows, kept):
        users += np.bincount(frame["user"].to_numpy(), minlength=len(users))
        items += np.bincount(frame["item"].to_numpy(), minlength=len(items))
    return users, items


def find_core(rows: Rows, sizes: tuple[int, int], lowest: tuple[int, int], folder: Path) -> Counts:
    """How many rows each user and item has in the core; 0 for those outside of it.

    The core is the largest part of the rows in which every user has at least `lowest[0]` of them,
    and every item `lowest[1]`. Below `folder`, which may be deleted afterwards, are the rows that
    are left, as soon as they are fewer than half.
    """
    counts = count_all(rows, sizes)
    size = counts[0].sum()
    while True:
        kept = counts[0] >= max(lowest[0], 1), counts[1] >= max(lowest[1], 1)
        if not any(count[~one].any() for count, one in zip(counts, kept, strict=True)):
            return counts
        left = count_rows(rows, kept)
        if 2 * left[0].sum() < size:
            size = left[0].sum()
            rows = store_rows(_rest(rows, kept), folder / str(size))
        counts = left


def _rest(rows: Rows, kept: Kept) -> Iterator[pl.DataFrame]:
    """User and item of the rows whose user and item are kept."""
    for frame in rows.read(*PAIR):
        both = kept[0][frame["user"].to_numpy()] & kept[1][frame["item"].to_numpy()]
        yield frame.filter(both)
