"""The steps of preparing, from a source to sorted interactions; each is done once."""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Int32, Int64

from bam.data.dataset.build.codes import IDS, Coded, encode
from bam.data.dataset.build.core import count_all
from bam.data.dataset.build.filters import Filters
from bam.data.dataset.build.numbering import Numbered, number_ids
from bam.data.dataset.build.once import do_step, read_manifest
from bam.data.dataset.build.rows import Rows, sort_by_time, store_by_user
from bam.data.dataset.read.format import Format
from bam.data.dataset.read.part import Part
from bam.errors import Mistake
from bam.system.checksums import SUMS, sha256

log = logging.getLogger(__name__)
FIRST = {"user": 0, "item": 1}  # the smallest number of each


@dataclass(frozen=True)
class Steps:
    """Read, choose and sort the interactions of a source, each in a folder of its own.

    A step that an earlier process has done, with the same `settings`, is not done again. In memory
    are some millions of interactions at a time, and the names of all users and items that are left.
    """

    folder: Path
    settings: dict[str, Any]  # everything that the steps depend on
    parts: list[Part]
    known: Format
    filters: Filters
    expected: dict[str, int]  # counts before filtering
    published: dict[str, int]  # counts of a source that is filtered already

    def run(self) -> tuple[Numbered, dict[str, int]]:
        """The interactions, and the counts before filtering.

        Raises:
            Mistake: the source cannot be read, its counts are not the expected ones, or the filters
                leave nothing.
        """
        facts = do_step(self._sorted, self.settings, self._sort)
        for done in (self._chosen, self._coded.folder):
            shutil.rmtree(done, ignore_errors=True)
        users, items = (pl.read_parquet(self._sorted / f"{n}.parquet", glob=False) for n in IDS)
        frames = map(sort_by_time, Rows(self._sorted / "rows"))
        lengths = np.load(self._sorted / "lengths.npy")
        return Numbered(frames, lengths, users, items, len(items)), facts["unfiltered"]

    @property
    def _coded(self) -> Coded:
        return Coded(self.folder / "read")

    @property
    def _chosen(self) -> Path:
        return self.folder / "choose"

    @property
    def _sorted(self) -> Path:
        return self.folder / "sort"

    def _read(self, folder: Path) -> dict[str, Any]:
        """Ids become codes."""
        part = self.parts[0]
        counts = encode(part, self.known.chunks(*self.parts), folder)
        for key, number in self.expected.items():
            if counts[key] != number:
                rule = f"must hold {number} {key}, got {counts[key]}"
                raise Mistake(f"{part}: {rule}; is it complete?")
        return {"unfiltered": counts}

    def _choose(self, folder: Path) -> dict[str, Any]:
        """Filters leave rows out, and so users and items."""
        log.info("choosing interactions, users and items")
        unfiltered = read_manifest(self._coded.folder)["unfiltered"]
        sizes = unfiltered["users"], unfiltered["items"]
        if self.known.published or unfiltered == self.published:
            log.info(
                "the source is the published one, or in its format, and is taken as it is: "
                "dataset.filters are not applied (dataset=table applies them to any file)"
            )
            counts = count_all(self._coded.rows, sizes)
        else:
            counts = self.filters.choose(self._coded.rows, sizes, folder)[1]
        for name, count in zip(IDS, counts, strict=True):
            np.save(folder / f"{name}.npy", count)
        return {}

    def _sort(self, folder: Path) -> dict[str, Any]:
        """Users and items get their numbers, and pieces of rows hold whole users."""
        facts = do_step(self._coded.folder, self.settings, self._read)
        codes = sha256(self._coded.folder / SUMS)
        do_step(self._chosen, {**self.settings, "codes": codes}, self._choose)
        log.info("sorting interactions")
        number_of = {}
        for name in IDS:
            count = np.load(self._chosen / f"{name}.npy")
            names = self._coded.look_up(name, count > 0)
            named, number_of[name] = number_ids(names, len(count), name, FIRST[name])
            named.write_parquet(folder / f"{name}.parquet")
        lengths = _lengths(np.load(self._chosen / "user.npy"), number_of["user"])
        np.save(folder / "lengths.npy", lengths)
        chosen = Rows(self._chosen / "rows")
        rows = _number(chosen if chosen.pieces() else self._coded.rows, number_of)
        store_by_user(rows, lengths, folder / "rows")
        return {"unfiltered": facts["unfiltered"]}


def _lengths(
    count: Int64[np.ndarray, " C"], number_of: Int32[np.ndarray, " C"]
) -> Int64[np.ndarray, " U"]:
    """The interactions of each user, by its number."""
    lengths = np.empty(number_of.max() + 1, np.int64)
    lengths[number_of[count > 0]] = count[count > 0]
    return lengths


def _number(rows: Rows, number_of: dict[str, Int32[np.ndarray, " C"]]) -> Iterator[pl.DataFrame]:
    """The rows whose user and item have a number, under these numbers."""
    for frame in rows:
        numbers = {name: pl.Series(number_of[name][frame[name].to_numpy()]) for name in IDS}
        numbered = frame.drop("rating", strict=False).with_columns(**numbers)
        yield numbered.filter(pl.min_horizontal(*IDS) >= 0)
