"""Which interactions of a source are used."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from bam.data.dataset.build.codes import IDS
from bam.data.dataset.build.numbering import sort_by_time
from bam.data.dataset.read.times import SECOND
from bam.errors import Mistake, require

DUPLICATES = ("all", "first", "last")
CONSECUTIVE = ("all", "drop")


@dataclass(frozen=True)
class Filters:
    """Applied in this order: time range, rating, duplicates, consecutive, core, length.

    Raises:
        Mistake: a value is not one of those below.
    """

    since: str  # first day or moment used, such as 2014-05-01 (UTC); empty: no bound
    until: str  # first day or moment no longer used; empty: no bound
    min_rating: float  # lowest rating used; 0: all
    duplicates: str  # of one user and item, which in time order: all, first, last
    consecutive: str  # of the same item in a row: all; drop leaves the first of them
    user_core: int  # every user has at least this many interactions,
    item_core: int  # and every item at least this many: repeated until both are true
    min_length: int  # then users with fewer are dropped, even if an item then has too few

    def __post_init__(self) -> None:
        rule = f"duplicates must be one of {', '.join(DUPLICATES)}"
        require(self.duplicates in DUPLICATES, rule, self.duplicates)
        rule = f"consecutive must be one of {', '.join(CONSECUTIVE)}"
        require(self.consecutive in CONSECUTIVE, rule, self.consecutive)
        for name in ("user_core", "item_core", "min_length"):
            require(getattr(self, name) >= 1, f"{name} must be at least 1", getattr(self, name))
        _microseconds("since", self.since), _microseconds("until", self.until)

    def apply(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The interactions to use, in file order; in time order where some are removed by it.

        Raises:
            Mistake: none is left, or a filter needs a column that the source does not have.
        """
        rest = self._filter_times(frame)
        rest = self._filter_ratings(rest)
        rest = self._remove_duplicates(rest)
        rest = self._remove_consecutive(rest)
        rest = _core(rest, self.user_core, self.item_core)
        rest = _with_at_least(rest, "user", self.min_length)
        if rest.is_empty():
            raise Mistake(
                f"dataset.filters must leave an interaction, but none of {len(frame)} is left; "
                "make them less strict"
            )
        return rest

    def _filter_times(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not self.since and not self.until:
            return frame
        _require_column(frame, "time", "since and dataset.filters.until must be empty")
        since, until = _microseconds("since", self.since), _microseconds("until", self.until)
        after = pl.lit(True) if since is None else pl.col("time") >= since
        before = pl.lit(True) if until is None else pl.col("time") < until
        return frame.filter(after & before)

    def _filter_ratings(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not self.min_rating:
            return frame
        _require_column(frame, "rating", "min_rating must be 0")
        return frame.filter(pl.col("rating") >= self.min_rating)

    def _remove_duplicates(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self.duplicates == "all":
            return frame
        ordered = sort_by_time(frame)
        return ordered.unique(["user", "item"], keep=self.duplicates, maintain_order=True)  # type: ignore[arg-type]

    def _remove_consecutive(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self.consecutive == "all":
            return frame
        same = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in IDS)
        return sort_by_time(frame).filter(~same.fill_null(False))


def _core(frame: pl.DataFrame, user_core: int, item_core: int) -> pl.DataFrame:
    size = -1
    while size != len(frame):
        size = len(frame)
        frame = _with_at_least(frame, "user", user_core)
        frame = _with_at_least(frame, "item", item_core)
    return frame


def _with_at_least(frame: pl.DataFrame, column: str, times: int) -> pl.DataFrame:
    """The rows whose user or item code occurs at least `times` times."""
    if times <= 1:
        return frame
    codes = frame[column].to_numpy()
    return frame.filter(np.bincount(codes)[codes] >= times)


def _microseconds(name: str, text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise Mistake(f"{name} must be a date such as 2014-05-01, got {text!r}") from None
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * SECOND)


def _require_column(frame: pl.DataFrame, column: str, rule: str) -> None:
    if column not in frame.columns:
        raise Mistake(f"dataset.filters.{rule} where the source has no {column}")
