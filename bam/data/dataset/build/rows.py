"""Interactions on disk: any number of them, of which some millions are in memory at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Int, Int64

ROWS = 1 << 22  # that are sorted at a time: 100 MB, and twice that while they are
COLUMNS = {
    "user": np.int32,
    "item": np.int32,
    "part": np.int8,
    "time": np.int64,
    "order": np.float64,
    "rating": np.float32,
}
IN_ORDER = ("user", "part", "time", "order")  # decide the order, the first ones first


@dataclass(frozen=True)
class Rows:
    """The interactions in a folder, piece by piece: a folder of each, with a file of each column.

    They can be read again and again. Whole numbers and decimals are as they are in memory, without
    a header.
    """

    folder: Path

    def __iter__(self) -> Iterator[pl.DataFrame]:
        yield from self.read(*COLUMNS)

    def read(self, *columns: str) -> Iterator[pl.DataFrame]:
        """These columns alone, as far as there are such."""
        for piece in self.pieces():
            yield pl.DataFrame(
                {
                    name: np.fromfile(piece / name, COLUMNS[name])
                    for name in columns
                    if (piece / name).exists()
                }
            )

    def pieces(self) -> list[Path]:
        """The folder of each piece, in their order."""
        return sorted(self.folder.iterdir()) if self.folder.exists() else []

    def append(self, piece: int, frame: pl.DataFrame) -> None:
        """Add the rows to a piece, which is begun where it does not exist."""
        place = self.folder / f"{piece:09}"
        place.mkdir(parents=True, exist_ok=True)
        for name in frame.columns:
            with (place / name).open("ab") as file:
                frame[name].to_numpy().astype(COLUMNS[name], copy=False).tofile(file)


def store_rows(frames: Iterable[pl.DataFrame], folder: Path) -> Rows:
    """The rows of all frames in their order, in pieces of about ROWS rows."""
    rows, count = Rows(folder), 0
    for frame in frames:
        for part in frame.iter_slices(ROWS):
            rows.append(count // ROWS, part)
            count += len(part)
    return rows


def store_by_user(
    frames: Iterable[pl.DataFrame], lengths: Int[np.ndarray, " U"], folder: Path
) -> Rows:
    """The rows in pieces of whole users, 0 to U - 1; in the order of the frames inside a piece.

    `lengths` is the number of rows of each user. A piece has at most ROWS rows, and those of one
    more user.
    """
    rows, first = Rows(folder), _first_users(lengths)
    for frame in frames:
        ordered = frame.sort("user", maintain_order=True)
        edges = np.searchsorted(ordered["user"].to_numpy(), first)
        for piece, (start, stop) in enumerate(zip(edges, [*edges[1:], len(frame)], strict=True)):
            if start < stop:
                rows.append(piece, ordered[int(start) : int(stop)])
    return rows


def _first_users(lengths: Int[np.ndarray, " U"]) -> Int64[np.ndarray, " P"]:
    """The first user of each piece."""
    piece = np.maximum(lengths.cumsum() - 1, 0) // ROWS
    return np.append(0, 1 + np.flatnonzero(np.diff(piece)))


def sort_by_time(frame: pl.DataFrame) -> pl.DataFrame:
    """Each user's rows together, in time order; rows of equal or no time stay in file order."""
    for name in reversed(IN_ORDER):  # one column after another: several at once take 8 times longer
        if name in frame.columns:
            frame = frame.sort(name, maintain_order=True)
    return frame
