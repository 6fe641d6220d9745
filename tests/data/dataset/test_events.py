"""Kinds of events, and a second column that orders equal times."""

import json

import polars as pl
import pytest

from bam.errors import Mistake
from tests.data.dataset.own_table import NAMED, read, write

LOG = pl.DataFrame(
    {
        "user": [1, 1, 1, 2, 2],
        "item": [5, 6, 7, 5, 8],
        "event": ["view", "buy", "cart", "view", "buy"],
    }
)
EVENTS = {**NAMED, "event": "event"}


def lines(frame):
    return "\n".join(json.dumps(row) for row in frame.to_dicts())


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", LOG.write_csv()), ("a.parquet", LOG), ("a.json", lines(LOG))],
)
def test_the_events_that_are_named_are_interactions(tmp_path, name, content):
    raw = write(tmp_path / name, content)
    assert read(raw, EVENTS, events=["view", "buy"]) == ["1 5", "1 6", "2 5", "2 8"]
    assert read(raw, EVENTS, events=["buy"]) == ["1 6", "2 8"]


def test_an_event_is_named_as_it_is_written(tmp_path):
    raw = write(tmp_path / "a.csv", "user,item,event\n1,5,add  to\u00a0cart\n1,6,view\n")
    assert read(raw, EVENTS, events=["add  to\u00a0cart"]) == ["1 5"]


def test_how_many_rows_each_event_has_is_in_the_log(tmp_path, caplog):
    caplog.set_level("INFO")
    read(write(tmp_path / "a.csv", LOG.write_csv()), EVENTS, events=["buy"])
    assert "2 of buy are used, of 5 rows" in caplog.text


@pytest.mark.parametrize(
    ("columns", "events", "sentence"),
    [
        (EVENTS, ["veiw"], "dataset.events must be some of buy, cart, view, got veiw"),
        (EVENTS, [], "events must be named where columns names the column of event"),
        (NAMED, ["buy"], "events must be named where columns names the column of event"),
    ],
)
def test_events_that_are_not_there_are_refused(tmp_path, columns, events, sentence):
    with pytest.raises(Mistake, match=sentence):
        read(write(tmp_path / "a.csv", LOG.write_csv()), columns, events=events)


def test_a_missing_event_is_refused_with_its_line(tmp_path):
    text = "user,item,event\n1,5,buy\n1,6,\n"
    with pytest.raises(Mistake, match=r"a.csv:3: event is missing or unreadable, got ''"):
        read(write(tmp_path / "a.csv", text), EVENTS, events=["buy"])


@pytest.mark.parametrize(
    "order", [("2", "10", "1"), ("9:05", "23:59:59.5", "0:00:01"), ("2.5", "1e3", "-1")]
)
@pytest.mark.parametrize("timed", [True, False])
def test_a_second_column_orders_what_has_the_same_time(tmp_path, order, timed):
    rows = [f"1,{item},2020-01-31,{place}" for item, place in zip("abc", order, strict=True)]
    text = "\n".join(["user,item,time,place", *rows]) + f"\n1,z,2020-01-30,{order[1]}\n" * timed
    columns = {**NAMED, **({"time": "time"} if timed else {}), "order": "place"}
    assert read(write(tmp_path / "a.csv", text), columns)[timed:] == ["1 c", "1 a", "1 b"]


@pytest.mark.parametrize("value", ["", "first", "nan", "25", "1:2:3", "12:30", "25:61"])
def test_an_order_is_a_number_or_a_time_of_day(tmp_path, value):
    raw = write(tmp_path / "a.csv", f"user,item,place\n1,5,1\n1,6,{value}\n")
    columns = {**NAMED, "order": "place"}
    if value == "25":
        assert read(raw, columns) == ["1 5", "1 6"]
    else:
        with pytest.raises(Mistake, match=r"a.csv:3: order is missing or unreadable"):
            read(raw, columns)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_order_that_decimals_would_round_is_refused(tmp_path, form):
    largest = 2**53
    frame = pl.DataFrame({"user": [1, 1], "item": ["b", "a"], "order": [largest, largest - 1]})
    columns = {**NAMED, "order": "order"}

    def content(rows):
        return rows if form == "parquet" else rows.write_csv()

    assert read(write(tmp_path / "t", content(frame)), columns) == ["1 a", "1 b"]
    with pytest.raises(Mistake, match="order is missing"):
        read(write(tmp_path / "t2", content(frame.with_columns(pl.col("order") + 1))), columns)
