"""All interactions of a source in little memory: ids become numbers, their names wait on disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from bam.data.dataset.read.part import Part
from bam.errors import Mistake

IDS = ("user", "item")


@dataclass(frozen=True)
class Names:
    """What the codes of users and items are called in the source."""

    aside: Path  # the names of each chunk, beside their hashes
    hashes: dict[str, pl.Series]  # of users and of items, by code

    def of(self, column: str, codes: pl.Series) -> pl.DataFrame:
        """The columns code and original_id, for these users or items alone."""
        wanted = codes.unique().sort()
        hashes = self.hashes[column].gather(wanted).to_numpy()
        unnamed = np.ones(len(wanted), bool)
        told = []
        for path in self.aside.glob(f"{column}-*.parquet"):
            names = pl.read_parquet(path)
            place = np.searchsorted(hashes, names["hash"]).clip(max=len(hashes) - 1)
            new = (hashes[place] == names["hash"].to_numpy()) & unnamed[place]
            unnamed[place[new]] = False
            code = wanted.gather(place[new]).alias("code")
            told.append(pl.DataFrame([code, names["original_id"].filter(new)]))
        return pl.concat(told)


def gather(part: Part, chunks: Iterator[pl.DataFrame], aside: Path) -> tuple[pl.DataFrame, Names]:
    """Interactions in file order, users and items as codes from 0: 20 bytes each.

    `aside` must be empty, and be there until all names are asked for. An id is known by 64 bits
    of hash: the chance that any two of ten million share one, and so become one, is 3 in a million.
    """
    frames = [_hashed(chunk, aside, number) for number, chunk in enumerate(chunks)]
    if not any(map(len, frames)):
        raise Mistake(f"{part}: empty; it must hold interactions")
    frame = pl.concat(frames)
    frames.clear()  # each column that is replaced below can then be freed
    hashes = {}
    for column in IDS:
        hashes[column] = frame[column].unique().sort()
        frame = frame.with_columns(pl.col(column).rank("dense") - 1)
    return frame, Names(aside, hashes)


def _hashed(chunk: pl.DataFrame, aside: Path, number: int) -> pl.DataFrame:
    text = chunk.with_columns(pl.col(*IDS).cast(pl.String))
    for column in IDS:
        names = text.select(hash=pl.col(column).hash(), original_id=column)
        names.unique("hash").sort("hash").write_parquet(aside / f"{column}-{number}.parquet")
    return text.with_columns(pl.col(*IDS).hash())
