"""Which interactions of a source are used."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from bam.data.dataset.build.codes import IDS
from bam.data.dataset.build.core import Counts, count_all, count_rows, find_core
from bam.data.dataset.build.rows import Rows, sort_by_time, store_by_user, store_rows
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

    def choose(self, rows: Rows, sizes: tuple[int, int], folder: Path) -> tuple[Rows, Counts]:
        """The rows, and how many of them each user and item has: those that have 0 are not used.

        They are in file order; in time order where some are removed by it, and then below `folder`.
        `sizes` are the numbers of users and items.

        Raises:
            Mistake: none is left, or a filter needs a column that the source does not have.
        """
        with TemporaryDirectory(dir=folder) as temporary:
            rest = self._store(rows, sizes, folder / "rows", Path(temporary))
            counts = find_core(rest, sizes, (self.user_core, self.item_core), Path(temporary))
        enough = counts[0] >= max(self.min_length, 1)
        if counts[0][~enough].any():
            counts = count_rows(rest, (enough, counts[1] > 0))
        if not counts[0].any():
            number = sum(map(len, rows.read("user")))
            raise Mistake(
                f"dataset.filters must leave an interaction, but none of {number} is left; "
                "make them less strict"
            )
        return rest, counts

    def require_columns(self, columns: Collection[str]) -> None:
        """Refuse a source without a column that decides which rows are used.

        Raises:
            Mistake: there are filters of times or ratings, and none of those.
        """
        if self.since or self.until:
            _require_column("time", columns, "since and dataset.filters.until must be empty")
        if self.min_rating:
            _require_column("rating", columns, "min_rating must be 0")

    def by_row(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows in the range of times and with the rating."""
        self.require_columns(frame.columns)
        return self._filter_ratings(self._filter_times(frame))

    def by_user(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows that are no repeats, of whole users in time order."""
        return self._remove_consecutive(self._remove_duplicates(frame))

    def _store(self, rows: Rows, sizes: tuple[int, int], folder: Path, temporary: Path) -> Rows:
        """What is left before the core: in the folder, unless that is every row."""
        if (self.duplicates, self.consecutive) != ("all", "all"):
            lengths, _ = count_all(rows, sizes)
            whole = store_by_user(map(self.by_row, rows), lengths, temporary / "users")
            return store_rows(map(self.by_user, map(sort_by_time, whole)), folder)
        if self.since or self.until or self.min_rating:
            return store_rows(map(self.by_row, rows), folder)
        return rows

    def _filter_times(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not self.since and not self.until:
            return frame
        since, until = _microseconds("since", self.since), _microseconds("until", self.until)
        after = pl.lit(True) if since is None else pl.col("time") >= since
        before = pl.lit(True) if until is None else pl.col("time") < until
        return frame.filter(after & before)

    def _filter_ratings(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not self.min_rating:
            return frame
        return frame.filter(pl.col("rating") >= self.min_rating)

    def _remove_duplicates(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self.duplicates == "all":
            return frame
        return frame.unique(["user", "item"], keep=self.duplicates, maintain_order=True)  # type: ignore[arg-type]

    def _remove_consecutive(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self.consecutive == "all":
            return frame
        same = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in IDS)
        return frame.filter(~same.fill_null(False))


def _microseconds(name: str, text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise Mistake(f"{name} must be a date such as 2014-05-01, got {text!r}") from None
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * SECOND)


def _require_column(column: str, columns: Collection[str], rule: str) -> None:
    if column not in columns:
        raise Mistake(f"dataset.filters.{rule} where the source has no {column}")
