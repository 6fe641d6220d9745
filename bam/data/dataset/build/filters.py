"""Which interactions are kept."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from bam.data.dataset.read.cast import SECOND
from bam.errors import Mistake, require


@dataclass(frozen=True)
class Filters:
    """Applied in this order: time range, rating, duplicates, core, length."""

    since: str  # first day or moment kept, such as 2014-05-01 (UTC); empty: no bound
    until: str  # first day or moment dropped; empty: no bound
    min_rating: float  # lowest rating kept; 0 keeps all
    duplicates: str  # of one user and item, in time order: all, first, last
    user_core: int  # every user has this many interactions left,
    item_core: int  # and every item this many: repeated until both hold
    min_length: int  # then users with fewer are dropped, whatever that does to items

    def __post_init__(self) -> None:
        one = "filters.duplicates must be all, first or last"
        require(self.duplicates in ("all", "first", "last"), one, self.duplicates)
        for key in ("user_core", "item_core", "min_length"):
            require(
                getattr(self, key) >= 1, f"filters.{key} must be at least 1", getattr(self, key)
            )
        _moment("since", self.since), _moment("until", self.until)

    def apply(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The interactions kept, still in file order but for duplicates, which need time order."""
        kept = self._in_time(frame)
        kept = self._well_rated(kept)
        kept = self._unrepeated(kept)
        kept = _core(kept, self.user_core, self.item_core)
        kept = _often(kept, "user", self.min_length)
        if kept.is_empty():
            raise Mistake(
                f"dataset.filters must leave an interaction, none of {len(frame)} is left"
            )
        return kept

    def _in_time(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not self.since and not self.until:
            return frame
        _need(frame, "time", "filters.since and filters.until")
        since, until = _moment("since", self.since), _moment("until", self.until)
        after = pl.lit(True) if since is None else pl.col("time") >= since
        before = pl.lit(True) if until is None else pl.col("time") < until
        return frame.filter(after & before)

    def _well_rated(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not self.min_rating:
            return frame
        _need(frame, "rating", "filters.min_rating")
        return frame.filter(pl.col("rating") >= self.min_rating)

    def _unrepeated(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self.duplicates == "all":
            return frame
        ordered = frame.sort("time", maintain_order=True) if "time" in frame.columns else frame
        return ordered.unique(["user", "item"], keep=self.duplicates, maintain_order=True)  # type: ignore[arg-type]


def _core(frame: pl.DataFrame, user_core: int, item_core: int) -> pl.DataFrame:
    size = -1
    while size != len(frame):
        size = len(frame)
        frame = _often(_often(frame, "user", user_core), "item", item_core)
    return frame


def _often(frame: pl.DataFrame, name: str, times: int) -> pl.DataFrame:
    if times <= 1:
        return frame
    codes = frame[name].to_numpy()
    return frame.filter(np.bincount(codes)[codes] >= times)


def _moment(name: str, text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise Mistake(f"filters.{name} must be a date such as 2014-05-01, got {text}") from None
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * SECOND)


def _need(frame: pl.DataFrame, column: str, asked: str) -> None:
    if column not in frame.columns:
        raise Mistake(f"{asked} must be left alone where the source tells no {column}")
