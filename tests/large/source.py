"""Interactions of any number, with ids of letters and times, as a shop's log has them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

PIECE = 1 << 20  # rows that are drawn at a time
SCRAMBLE, IDS = 2654435761, 1 << 36  # an odd factor, modulo a power of 2: no two ids are the same
FIRST, LAST = 1_300_000_000, 1_700_000_000  # seconds since 1970


def draw(rows: int, users: int, items: int) -> Iterator[pl.DataFrame]:
    """The columns user, item, rating and time; the same in each call.

    Users and items are drawn as unevenly as real ones, in random order: a few users have a thousand
    rows, and the rows of one are all over the file.
    """
    for number in range(-(-rows // PIECE)):
        random = np.random.default_rng([7, number])
        count = min(PIECE, rows - number * PIECE)
        user = (users * random.random(count) ** 2).astype(np.int64)
        item = (10 * ((items + 10) / 10) ** random.random(count) - 10).astype(np.int64)
        frame = pl.DataFrame(
            {
                "user": _scramble(user),
                "item": _scramble(item),
                "rating": random.integers(1, 6, count),
                "time": random.integers(FIRST, LAST, count),
            }
        )
        yield frame.with_columns(
            user=pl.format("A{}", pl.col("user").cast(pl.String).str.zfill(12)),
            item=pl.format("B{}", pl.col("item").cast(pl.String).str.zfill(11)),
        )


def _scramble(number: np.ndarray) -> np.ndarray:
    return (number * SCRAMBLE + 12345) % IDS


def write_csv(path: Path, rows: int, users: int, items: int) -> None:
    """One file with a header, which is written piece by piece."""
    with path.open("wb") as file:
        for number, frame in enumerate(draw(rows, users, items)):
            frame.write_csv(file, include_header=number == 0)


def write_parquet(path: Path, rows: int, users: int, items: int) -> None:
    """A folder of files, as programs write it that work on pieces."""
    path.mkdir()
    for number, frame in enumerate(draw(rows, users, items)):
        frame.write_parquet(path / f"part-{number:05}.parquet")
