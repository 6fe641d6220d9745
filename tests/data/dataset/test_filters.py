"""Filters use the interactions that their options name, in the order of the options."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest

from bam.data.dataset.build.filters import Filters
from bam.data.dataset.build.rows import sort_by_time, store_rows
from bam.data.dataset.read.cast import cast
from bam.data.dataset.read.times import decide_form
from bam.errors import Mistake
from tests.data.dataset.own_table import NAMED, prepare
from tests.data.dataset.tiny_raw import no_filters

CODES = {name: code for code, name in enumerate("abc1234")}  # of users and of items


def frame(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    text = pl.DataFrame(rows, schema=["user", "item", "time", "rating"], orient="row")
    code = pl.col("user", "item").replace_strict(CODES, return_dtype=pl.Int32)
    return cast(text, decide_form(text["time"], "here")).with_columns(code)


def keep(filters: Filters, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that the filters leave."""
    with TemporaryDirectory() as folder:
        rows = store_rows([frame], Path(folder) / "all")
        chosen, (users, items) = filters.choose(rows, (len(CODES), len(CODES)), Path(folder))
        rest = pl.concat(chosen)
    return rest.filter((users[rest["user"]] > 0) & (items[rest["item"]] > 0))


def pairs(kept: pl.DataFrame) -> list[tuple[str, str]]:
    names = {code: name for name, code in CODES.items()}
    return [(names[user], names[item]) for user, item in kept.select("user", "item").rows()]


def test_the_core_is_iterated_until_users_and_items_both_hold():
    # item 3 is dropped and so c, then item 2: then all have two
    rows = [("a", "1"), ("a", "4"), ("b", "1"), ("b", "4"), ("b", "2"), ("c", "2"), ("c", "3")]
    kept = keep(no_filters(user_core=2, item_core=2), frame(*((u, i, "1", "1") for u, i in rows)))
    assert pairs(kept) == [("a", "1"), ("a", "4"), ("b", "1"), ("b", "4")]


def test_ratings_are_filtered_before_the_core():
    rows = [("a", "1", "1", "5"), ("a", "2", "2", "2"), ("b", "1", "1", "4"), ("b", "2", "2", "4")]
    assert pairs(keep(no_filters(min_rating=4.0, user_core=2), frame(*rows))) == [
        ("b", "1"),
        ("b", "2"),
    ]


@pytest.mark.parametrize(
    ("policy", "times"), [("all", [9, 1, 5, 5]), ("first", [1, 5]), ("last", [5, 9])]
)
def test_duplicates_are_first_or_last_in_time_not_in_the_file(policy, times):
    rows = [("a", "1", "9", "1"), ("a", "1", "1", "1"), ("a", "1", "5", "1"), ("a", "2", "5", "1")]
    kept = keep(no_filters(duplicates=policy), frame(*rows))
    assert (kept["time"] // 1_000_000).to_list() == times


def test_of_the_same_item_in_a_row_the_first_in_time_stays():
    rows = [("a", "1", "9", "1"), ("a", "1", "1", "1"), ("a", "2", "5", "1"), ("a", "2", "6", "1"),
            ("b", "2", "7", "1"), ("b", "1", "8", "1")]  # fmt: skip
    kept = keep(no_filters(consecutive="drop"), frame(*rows))
    assert (kept["time"] // 1_000_000).to_list() == [1, 5, 9, 7, 8]


def test_what_is_in_a_row_is_decided_before_the_core():
    rows = [("a", "1", "1", "1"), ("a", "2", "2", "1"), ("a", "1", "3", "1")]
    kept = keep(no_filters(consecutive="drop", item_core=2), frame(*rows))
    assert pairs(kept) == [("a", "1")] * 2


def test_a_wrong_word_for_what_is_in_a_row_is_refused():
    with pytest.raises(Mistake, match="consecutive must be one of all, drop, got 'keep'"):
        no_filters(consecutive="keep")


@pytest.fixture
def _worst_sort(monkeypatch):
    """Polars may give equal rows in any order unless `maintain_order` is set; today it does not."""
    sort = pl.DataFrame.sort
    monkeypatch.setattr(
        pl.DataFrame,
        "sort",
        lambda frame, *by, **options: sort(
            frame if options.get("maintain_order") else frame.reverse(), *by, **options
        ),
    )


@pytest.mark.usefixtures("_worst_sort")
@pytest.mark.parametrize(("policy", "rating"), [("first", 1), ("last", 4)])
def test_duplicates_of_one_moment_are_first_or_last_in_the_file(policy, rating):
    rows = [("a", "1", "5", str(n)) for n in range(1, 5)]
    assert keep(no_filters(duplicates=policy), frame(*rows))["rating"].to_list() == [rating]


@pytest.mark.usefixtures("_worst_sort")
def test_interactions_of_one_moment_stay_in_file_order():
    rows = [("a", item, "5", "1") for item in "2143"] + [("b", "1", "5", "1")]
    assert pairs(sort_by_time(frame(*rows))) == [*(("a", item) for item in "2143"), ("b", "1")]


def test_the_time_range_contains_its_first_day_but_not_its_last():
    rows = [("a", str(n), f"2014-05-0{n}", "1") for n in range(1, 5)]
    kept = keep(no_filters(since="2014-05-02", until="2014-05-04"), frame(*rows))
    assert pairs(kept) == [("a", "2"), ("a", "3")]


def test_short_users_are_dropped_last():
    rows = [("a", "1", "1", "1"), ("a", "2", "1", "1"), ("b", "1", "1", "1")]
    assert pairs(keep(no_filters(item_core=2, min_length=2), frame(*rows, rows[2]))) == [
        ("b", "1"),
        ("b", "1"),
    ]


def test_filters_that_leave_nothing_are_refused():
    with pytest.raises(Mistake, match=r"none of 1 is left"):
        keep(no_filters(user_core=2), frame(("a", "1", "1", "1")))


def test_a_filter_on_a_column_that_the_source_does_not_have_is_refused():
    bare = frame(("a", "1", "1", "1")).select("user", "item")
    with pytest.raises(
        Mistake, match=r"dataset.filters.min_rating must be 0 where the source has no rating"
    ):
        keep(no_filters(min_rating=3.0), bare)
    with pytest.raises(Mistake, match=r"since .* where the source has no time"):
        keep(no_filters(since="2014-01-01"), bare)


@pytest.mark.parametrize(
    ("filters", "column"), [({"min_rating": 3.0}, "rating"), ({"until": "2014-01-01"}, "time")]
)
def test_a_table_without_a_filtered_column_is_refused_before_it_is_read(tmp_path, filters, column):
    missing = tmp_path / "none.csv"  # a table that is read would not be found
    with pytest.raises(Mistake, match=f"where the source has no {column}"):
        prepare(missing, NAMED, filters=no_filters(**filters))


def test_impossible_values_are_refused():
    with pytest.raises(Mistake, match=r"duplicates must be one of all, first, last, got 'some'"):
        no_filters(duplicates="some")
    with pytest.raises(Mistake, match=r"since must be a date such as .* got 'May'"):
        no_filters(since="May")
    with pytest.raises(Mistake, match=r"user_core must be at least 1, got 0"):
        no_filters(user_core=0)


@pytest.mark.parametrize(
    "notation",
    ["1391040000", "1391040000.0", "1391040000000", "1391040000000000", "1391040000000000000",
     "2014-01-30", "2014-01-30 00:00:00", "2014-01-30T00:00:00Z", "2014-01-30T02:00:00+02:00",
     "2014-01-30T00:00:00.000+00:00"],
)  # fmt: skip
def test_one_moment_is_the_same_in_every_notation(notation):
    assert frame(("a", "1", notation, "1"))["time"].to_list() == [1391040000 * 1_000_000]


def test_parts_of_a_second_keep_their_order():
    times = frame(("a", "1", "1391040000.25", "1"), ("a", "1", "1391040000.125", "1"))["time"]
    assert times.to_list() == [1391040000250000, 1391040000125000]
