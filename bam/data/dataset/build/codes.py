"""All interactions of a source in little memory: ids become codes, their names stay on disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from bam.data.dataset.read.cast import WHOLE
from bam.data.dataset.read.part import Part
from bam.errors import Mistake

IDS = ("user", "item")


@dataclass(frozen=True)
class Names:
    """The source's own ids of the codes of users and items."""

    folder: Path  # holds the names of each chunk, with their hashes
    hashes: dict[str, pl.Series]  # of users and of items, by code

    def look_up(self, column: str, codes: pl.Series) -> pl.DataFrame:
        """The columns code and original_id, for these users or items alone."""
        wanted = codes.unique().sort()
        hashes = self.hashes[column].gather(wanted).to_numpy()
        missing = np.ones(len(wanted), bool)
        found = []
        for path in self.folder.glob(f"{column}-*.parquet"):
            names = pl.read_parquet(path, glob=False)
            place = np.searchsorted(hashes, names["hash"]).clip(max=len(hashes) - 1)
            new = (hashes[place] == names["hash"].to_numpy()) & missing[place]
            missing[place[new]] = False
            code = wanted.gather(place[new]).alias("code")
            found.append(pl.DataFrame([code, names["original_id"].filter(new)]))
        return pl.concat(found)


def encode(part: Part, chunks: Iterator[pl.DataFrame], folder: Path) -> tuple[pl.DataFrame, Names]:
    """Interactions in file order, with users and items as codes from 0: 20 bytes for each.

    `folder` must be empty, and stay as long as the names are needed. An id is recognised by 64 bits
    of hash: that two of ten million ids have the same, and so become one, has a chance of 3 in a
    million.

    Raises:
        Mistake: there are no interactions.
    """
    frames = [_hash(chunk, folder, number) for number, chunk in enumerate(chunks)]
    if not any(map(len, frames)):
        raise Mistake(f"{part}: empty; it must hold interactions")
    frame = pl.concat(frames)
    frames.clear()  # so that each column that is replaced below can be freed
    hashes = {}
    for column in IDS:
        frame = _join_equal_numbers(frame, column, folder)
        hashes[column] = frame[column].unique().sort()
        frame = frame.with_columns(pl.col(column).rank("dense") - 1)
    return frame, Names(folder, hashes)


def _join_equal_numbers(frame: pl.DataFrame, column: str, folder: Path) -> pl.DataFrame:
    """1.0 becomes the id 1, where all ids of the column are numbers."""
    paths = sorted(folder.glob(f"{column}-*.parquet"))
    if not any(_are_decimal(path) for path in paths) or not all(map(_are_numbers, paths)):
        return frame
    old, new = [], []
    for path in paths:
        names = pl.read_parquet(path, glob=False)
        names = names.with_columns(name=pl.col("original_id").str.replace(WHOLE, "$1"))
        old.append(names["hash"])
        names = names.select(hash=pl.col("name").hash(), original_id="name")
        new.append(names["hash"])
        names.unique("hash").sort("hash").write_parquet(path)
    return frame.with_columns(pl.col(column).replace(pl.concat(old), pl.concat(new)))


def _are_decimal(path: Path) -> bool:
    return bool(pl.read_parquet(path, glob=False)["original_id"].str.contains(r"\.0+$").any())


def _are_numbers(path: Path) -> bool:
    names = pl.read_parquet(path, glob=False)["original_id"]
    return not names.cast(pl.Float64, strict=False).null_count()


def _hash(chunk: pl.DataFrame, folder: Path, number: int) -> pl.DataFrame:
    text = chunk.with_columns(pl.col(*IDS).cast(pl.String))
    for column in IDS:
        names = text.select(hash=pl.col(column).hash(), original_id=column)
        names.unique("hash").sort("hash").write_parquet(folder / f"{column}-{number}.parquet")
    return text.with_columns(pl.col(*IDS).hash())
