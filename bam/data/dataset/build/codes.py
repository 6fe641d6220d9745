"""All interactions of a source on disk: ids become codes from 0, and their names stay there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Bool, Int32, UInt64

from bam.data.dataset.build.rows import COLUMNS, Rows, store_rows
from bam.data.dataset.read.cast import WHOLE
from bam.data.dataset.read.part import Part
from bam.errors import Mistake

IDS = ("user", "item")


@dataclass(frozen=True)
class Coded:
    """The interactions in a folder, with users and items as codes, and the names of these."""

    folder: Path

    @property
    def rows(self) -> Rows:
        """The interactions in file order."""
        return Rows(self.folder / "rows")

    def names(self, column: str) -> Iterator[pl.DataFrame]:
        """The columns code and original_id of all users or items, in pieces."""
        for path in self.name_files(column):
            yield pl.read_parquet(path, glob=False)

    def name_files(self, column: str) -> list[Path]:
        """Each piece of the names."""
        return sorted(self.folder.glob(f"{column}-*.parquet"))

    def look_up(self, column: str, wanted: Bool[np.ndarray, " C"]) -> pl.DataFrame:
        """The columns code and original_id of the wanted users or items."""
        pieces = self.names(column)
        return pl.concat(names.filter(wanted[names["code"].to_numpy()]) for names in pieces)


def encode(part: Part, chunks: Iterable[pl.DataFrame], folder: Path) -> dict[str, int]:
    """Write the interactions into an empty folder, as Coded has them; return their counts.

    Codes have no gaps. In memory are 12 bytes for each user and item. An id is recognised by 64
    bits of hash: that two of ten million ids have the same, and so become one, has a chance of 3 in
    a million.

    Raises:
        Mistake: there are no interactions.
    """
    coded = Coded(folder)
    store_rows(_encode(chunks, folder), coded.rows.folder)
    if not any(map(len, coded.rows.read("user"))):
        raise Mistake(f"{part}: empty; it must hold interactions")
    for column in IDS:
        _join_equal_numbers(coded, column)
    users, items = (sum(map(len, coded.names(column))) for column in IDS)
    return {
        "users": users,
        "items": items,
        "interactions": sum(map(len, coded.rows.read("user"))),
    }


@dataclass(frozen=True)
class _Known:
    """The hashes of known ids, in their order, and the code of each."""

    hashes: UInt64[np.ndarray, " C"]
    codes: Int32[np.ndarray, " C"]


def _encode(chunks: Iterable[pl.DataFrame], folder: Path) -> Iterator[pl.DataFrame]:
    nothing = _Known(np.empty(0, np.uint64), np.empty(0, np.int32))
    known = dict.fromkeys(IDS, nothing)
    for number, chunk in enumerate(chunks):
        codes = {}
        for column in IDS:
            ids = chunk[column].cast(pl.String)
            known[column], codes[column], new = _add(known[column], ids)
            if len(new):
                new.write_parquet(folder / f"{column}-{number:09}.parquet")
        yield chunk.with_columns(**codes)


def _add(known: _Known, ids: pl.Series) -> tuple[_Known, pl.Series, pl.DataFrame]:
    """All that is known then, the code of each id, and the code and original_id of new ids."""
    hashes, first, inverse = np.unique(
        ids.hash().to_numpy(), return_index=True, return_inverse=True
    )
    place = np.searchsorted(known.hashes, hashes)
    is_new = place == len(known.hashes)
    is_new[~is_new] = known.hashes[place[~is_new]] != hashes[~is_new]
    codes = np.empty(len(hashes), np.int32)
    codes[~is_new] = known.codes[place[~is_new]]
    codes[is_new] = len(known.hashes) + np.arange(is_new.sum())
    both = _Known(
        np.insert(known.hashes, place[is_new], hashes[is_new]),
        np.insert(known.codes, place[is_new], codes[is_new]),
    )
    new = pl.DataFrame({"code": codes[is_new], "original_id": ids.gather(first[is_new])})
    return both, pl.Series(codes[inverse]), new


def _join_equal_numbers(coded: Coded, column: str) -> None:
    """1.0 becomes the id 1, where all ids of the column are numbers."""
    if not any(map(_are_decimal, coded.names(column))):
        return
    if not all(map(_are_numbers, coded.names(column))):
        return
    names = pl.concat(coded.names(column)).with_columns(
        pl.col("original_id").str.replace(WHOLE, "$1")
    )
    joined = names.with_columns(new=pl.col("original_id").rank("dense").cast(pl.Int32) - 1)
    for path in coded.name_files(column):
        path.unlink()
    distinct = joined.select(code="new", original_id="original_id").unique("code")
    distinct.write_parquet(coded.folder / f"{column}-joined.parquet")
    code_of = np.empty(len(names), np.int32)
    code_of[joined["code"].to_numpy()] = joined["new"].to_numpy()
    for piece in coded.rows.pieces():
        codes = np.fromfile(piece / column, COLUMNS[column])
        code_of[codes].tofile(piece / column)


def _are_decimal(names: pl.DataFrame) -> bool:
    return bool(names["original_id"].str.contains(r"\.0+$").any())


def _are_numbers(names: pl.DataFrame) -> bool:
    return not names["original_id"].cast(pl.Float64, strict=False).null_count()
