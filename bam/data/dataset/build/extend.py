"""More interactions for a prepared data set: its ids keep their numbers, new ones get the next."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from bam.data.dataset.build.filters import Filters
from bam.data.dataset.build.numbering import Numbered, sort_ids
from bam.data.dataset.build.rows import sort_by_time
from bam.data.dataset.build.store import clean_text, read_catalogue, read_user_ids
from bam.data.dataset.read.times import SECOND
from bam.records import Interactions

SAME = ("user", "item", "time")  # equal in two interactions that are one


@dataclass(frozen=True)
class Extended:
    """A data set with more interactions."""

    numbered: Numbered
    new_items: pl.DataFrame  # item, original_id
    counts: dict[str, int]  # of what was added, and of what was skipped


def extend(earlier: Interactions, rows: pl.DataFrame, filters: Filters | None) -> Extended:
    """The interactions of `earlier` and of `rows`: user and item as text, time in microseconds.

    With times every interaction is at its place in time, the earlier ones first where times are
    equal; without, the new ones come last, in the order of the rows. A row is skipped whose user,
    item and time are there already; without times, the rows with which the user's history ends. Of
    the filters `duplicates` and `consecutive` hold for every interaction, and the others for none.
    """
    known = read_user_ids(earlier.folder).alias("original_id").to_frame()
    users = _number(rows["user"], known.with_row_index("number").cast({"number": pl.Int32}))
    items = _number(rows["item"], known_items(earlier))
    numbered = rows.with_columns(user=users.of(rows["user"]), item=items.of(rows["item"]))
    before = _frame(earlier)
    new = _without_known(before, numbered.select(before.columns), filters)
    both = pl.concat(
        [before.with_columns(is_new=pl.lit(False)), new.with_columns(is_new=pl.lit(True))]
    )
    ordered = sort_by_time(both)
    frame = filters.by_user(ordered) if filters else ordered
    added = frame.filter("is_new")
    user, item = (pl.concat([ids.known, ids.new]) for ids in (users, items))
    counts = {
        "interactions": len(added),
        "known_users": added["user"].n_unique() - len(users.new),
        "new_users": len(users.new),
        "new_items": len(items.new),
        "skipped": len(rows) - len(added),
        "inserted": _count_inserted(before, added),
    }
    return Extended(
        Numbered(
            [frame.drop("is_new")],
            np.bincount(frame["user"].to_numpy(), minlength=len(user)),
            user.rename({"number": "user"}),
            item.rename({"number": "item"}),
            earlier.num_items + len(items.new),
        ),
        items.new.rename({"number": "item"}),
        counts,
    )


@dataclass(frozen=True)
class _Ids:
    """The numbers of users or items: number, original_id."""

    known: pl.DataFrame
    new: pl.DataFrame

    def of(self, texts: pl.Series) -> pl.Series:
        """The number of each id; of an id that two items have, the first."""
        both = pl.concat([self.known, self.new]).unique("original_id", keep="first")
        wanted = texts.alias("original_id").to_frame()
        return wanted.join(both, "original_id", "left", maintain_order="left")["number"]


def _number(texts: pl.Series, known: pl.DataFrame) -> _Ids:
    """New ids get the numbers after the largest known one, in the order in which ids are sorted."""
    found = texts.unique().alias("original_id").to_frame()
    new = sort_ids(found.join(known, "original_id", "anti"))
    first = 1 + int(known["number"].max())  # type: ignore[arg-type]
    numbered = new.with_row_index("number", offset=first).cast({"number": pl.Int32})
    return _Ids(known, numbered)


def known_items(earlier: Interactions) -> pl.DataFrame:
    """Every item 1..V; one without a name has its number as its id, after those with a name."""
    catalogue = read_catalogue(earlier.folder).drop_nulls("original_id")
    named = catalogue.select(number="item", original_id="original_id")
    every = pl.int_range(1, earlier.num_items + 1, dtype=pl.Int32, eager=True).alias("number")
    unnamed = every.to_frame().join(named, "number", "anti")
    own = unnamed.with_columns(original_id=pl.col("number").cast(pl.String))
    return pl.concat([named.with_columns(clean_text(pl.col("original_id"))), own])


def _frame(earlier: Interactions) -> pl.DataFrame:
    """User, item and, where the data set has it, time in microseconds."""
    length = np.diff(earlier.offsets.numpy())
    user = np.repeat(np.arange(len(length), dtype=np.int32), length)
    frame = pl.DataFrame({"user": user, "item": earlier.items.numpy()})
    if not len(earlier.times):
        return frame
    return frame.with_columns(time=pl.Series(earlier.times.numpy()) * SECOND)


def _without_known(
    before: pl.DataFrame, new: pl.DataFrame, filters: Filters | None
) -> pl.DataFrame:
    if "time" not in before.columns:  # the history that has met these rows was filtered
        alike = filters.by_user(new.sort("user", maintain_order=True)) if filters else new
        return _without_overlap(before, alike)
    seconds = new.with_columns(pl.col("time") // SECOND * SECOND)  # as they are stored
    distinct = seconds.unique(SAME, keep="first", maintain_order=True)
    return distinct.join(before, on=SAME, how="anti", maintain_order="left")


def _without_overlap(before: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Without each user's first rows, as far as the user's history ends with them."""
    ends = before.join(new.unique("user"), "user", "semi").group_by("user").agg(end="item")
    both = new.group_by("user").agg(begin="item").join(ends, "user")
    overlap = [_overlap(*pair) for pair in both.select("end", "begin").iter_rows()]
    known = both.select("user", overlap=pl.Series(overlap, dtype=pl.Int64))
    place = new.with_columns(place=pl.int_range(pl.len()).over("user"))
    placed = place.join(known, "user", "left", maintain_order="left")
    return placed.filter(pl.col("place") >= pl.col("overlap").fill_null(0)).select(new.columns)


def _overlap(history: list[int], items: list[int]) -> int:
    """The largest n for which the last n items of the history are the first n items."""
    longest = min(len(history), len(items))
    return next(n for n in range(longest, -1, -1) if history[len(history) - n :] == items[:n])


def _count_inserted(before: pl.DataFrame, new: pl.DataFrame) -> int:
    """How many of the new interactions are older than the last one that their user had."""
    if "time" not in before.columns:
        return 0
    last = before.group_by("user").agg(last=pl.col("time").max())
    return new.join(last, "user").filter(pl.col("time") < pl.col("last")).height
