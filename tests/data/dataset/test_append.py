"""More interactions: what is known keeps its number, what is there is skipped, nothing is lost."""

import json
import logging
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bam.data.dataset.append import append, update_counts
from bam.data.dataset.build.store import load, read_catalogue, read_user_ids
from bam.data.dataset.file import file
from bam.errors import Mistake
from tests.data.dataset.own_table import NAMED, TIMED, prepare
from tests.data.dataset.tiny_raw import no_filters

NOTHING = {"columns": {}, "events": [], "header": "", "separator": "", "quote": "",
           "encoding": "", "time_format": ""}  # fmt: skip
OLD = "user,item,time\n7,20,100\n7,3,200\n10,20,100\n10,x,300\n"


@pytest.fixture
def old(tmp_path):
    """Users 7 and 10 with the items 20, 3 and x; as a table that has these columns."""
    return table(tmp_path, OLD)


def table(tmp_path, text, columns=TIMED, filters=None, **options):
    """The data set `shop`, of a table with this text."""
    path = tmp_path / "old.csv"
    path.write_text(text)
    folder, filters = str(tmp_path / "data" / "shop"), no_filters(**(filters or {}))
    return prepare(path, columns, name="shop", folder=folder, filters=filters, **options)


@pytest.fixture
def add(tmp_path):
    """Append the text of a table; returns the data set."""

    def call(data, text, titles="", titles_columns=None, name="new.csv", **reading):
        raw = tmp_path / name
        raw.write_text(text)
        columns = titles_columns or {"item": "item", "title": "title", "genres": ""}
        how = {**NOTHING, **reading}
        return append(data, tmp_path / "data", raw, how, str(titles), columns)

    return call


def histories(data):
    """Each user's items, as the source names them."""
    names = dict(read_catalogue(data.folder).select("item", "original_id").rows())
    ends = data.offsets.tolist()
    return {
        user: [names.get(item, f"{item}") for item in data.items[first:last].tolist()]
        for user, first, last in zip(read_user_ids(data.folder), ends, ends[1:], strict=False)
    }


def test_known_ids_keep_their_numbers_and_new_ones_get_the_next(old, add):
    new = add(old, "user,item,time\n8,1,900\n7,1,901\n8,2,902\n")
    before, after = read_catalogue(old.folder), read_catalogue(new.folder)
    assert after.head(len(before)).equals(before)
    assert after.tail(2)["original_id"].to_list() == ["1", "2"] and new.num_items == 5
    assert after.tail(2)["item"].to_list() == [4, 5]
    assert read_user_ids(new.folder).to_list() == [*read_user_ids(old.folder), "8"]
    assert histories(new) == {"7": ["20", "3", "1"], "10": ["20", "x"], "8": ["1", "2"]}
    counts = update_counts(new)
    assert (counts["known_users"], counts["new_users"], counts["new_items"]) == (1, 1, 2)


def test_the_earlier_data_set_stays_as_it_is(old, add):
    files = {path.name: path.read_bytes() for path in old.folder.iterdir()}
    add(old, "user,item,time\n8,1,900\n")
    assert {path.name: path.read_bytes() for path in old.folder.iterdir()} == files


def test_every_interaction_is_at_its_place_in_time_and_the_earlier_first_at_equal_times(old, add):
    new = add(old, "user,item,time\n7,b,150\n7,a,100\n7,c,200\n7,d,50\n")
    assert histories(new)["7"] == ["d", "20", "a", "b", "3", "c"]
    assert new.times[:6].tolist() == [50, 100, 100, 150, 200, 200]
    assert update_counts(new)["inserted"] == 3


def test_what_is_there_already_is_skipped_and_counted(old, add):
    new = add(old, "user,item,time\n7,3,200\n7,3,201\n7,3,201\n10,x,300\n")
    counts = {"interactions": 1, "known_users": 1, "new_users": 0, "new_items": 0, "skipped": 3,
              "inserted": 0, "below_min_rating": 0, "of_other_events": 0}  # fmt: skip
    assert update_counts(new) == counts
    assert histories(new)["7"] == ["20", "3", "3"]


def test_the_same_table_twice_changes_nothing(old, add):
    text = "user,item,time\n7,9,400\n11,9,500\n"
    once = add(old, text)
    twice = add(once, text)
    assert twice.checksum == once.checksum and update_counts(twice)["skipped"] == 2


def test_the_same_table_gives_the_same_folder_which_is_made_once(old, add):
    text = "user,item,time\n8,1,900\n"
    first = add(old, text)
    manifest = first.folder / "manifest.json"
    made = manifest.stat().st_mtime_ns
    assert add(old, text, name="renamed.csv").folder == first.folder
    assert manifest.stat().st_mtime_ns == made
    assert add(old, text + "8,2,901\n").folder != first.folder
    known = json.loads(manifest.read_text())
    assert known["parent"] == old.checksum and len(known["sha256"]) == 64


def test_a_second_update_has_a_name_of_the_same_length(old, add):
    once = add(old, "user,item,time\n8,1,900\n")
    twice = add(once, "user,item,time\n8,2,901\n")
    assert len(once.name) == len(twice.name) and twice.name.startswith("shop-updated-")
    assert histories(twice)["8"] == ["1", "2"]


def test_ids_are_text(old, add):
    new = add(old, "user,item,time\n07,1e5,900\n07,true,901\n")
    assert histories(new)["07"] == ["1e5", "true"]


def test_the_columns_of_the_own_table_hold_for_the_new_one(tmp_path, add):
    columns = {"user": "uid", "item": "sku", "time": "ts"}
    old = table(tmp_path, "ts;sku;uid\n1;a;u\n2;b;u\n", columns, separator=";")
    new = add(old, "uid;sku;ts\nu;c;3\n")
    assert histories(new) == {"u": ["a", "b", "c"]}
    again = add(new, "uid;sku;ts\nu;d;4\n")
    assert histories(again) == {"u": ["a", "b", "c", "d"]}
    renamed = add(new, "uid,thing,ts\nu,e,5\n", columns={"item": "thing"}, separator=",")
    assert histories(renamed) == {"u": ["a", "b", "c", "e"]}


def test_events_that_are_no_interactions_are_left_out_of_a_small_table_too(tmp_path, add):
    columns = {"user": "user", "item": "item", "time": "time", "event": "event"}
    text = "user,item,time,event\nu,a,1,buy\nu,b,2,rent\nu,c,3,view\n"
    old = table(tmp_path, text, columns, events=["buy", "rent"])
    new = add(old, "user,item,time,event\nu,d,4,buy\nu,e,5,view\n")
    assert histories(new) == {"u": ["a", "b", "d"]}


def test_a_lowest_rating_holds_for_new_interactions(tmp_path, add):
    columns = {"user": "user", "item": "item", "time": "time", "rating": "rating"}
    old = table(tmp_path, "user,item,time,rating\nu,a,1,5\nu,b,2,1\n", columns, {"min_rating": 4.0})
    new = add(old, "user,item,time,rating\nu,c,3,4\nu,d,4,3\n")
    assert histories(new) == {"u": ["a", "c"]} and update_counts(new)["below_min_rating"] == 1


def test_the_least_number_of_interactions_is_no_condition_any_more(tmp_path, add):
    rows = (f"{user},{item},{item}\n" for user in "ab" for item in range(3))
    text = "user,item,time\n" + "".join(rows)
    old = table(tmp_path, text, filters={"user_core": 3, "item_core": 2, "until": "1970-01-02"})
    new = add(old, "user,item,time\nc,9,9999999\n")
    assert histories(new)["c"] == ["9"] and len(histories(new)["a"]) == 3


def test_an_item_counts_once_where_the_data_set_holds_it_once(tmp_path, add):
    old = table(tmp_path, OLD, filters={"duplicates": "first"})
    new = add(old, "user,item,time\n7,20,900\n7,5,901\n")
    assert histories(new)["7"] == ["20", "3", "5"] and update_counts(new)["skipped"] == 1


def test_a_row_that_takes_the_place_of_an_earlier_one_is_added_and_not_skipped(tmp_path, add):
    old = table(tmp_path, OLD, filters={"duplicates": "last"})
    new = add(old, "user,item,time\n7,20,900\n10,x,200\n")
    assert histories(new) == {"7": ["3", "20"], "10": ["20", "x"]}
    counts = update_counts(new)
    assert (counts["interactions"], counts["skipped"], counts["known_users"]) == (1, 1, 1)
    assert counts["inserted"] == 0  # what is left out is not inserted


@pytest.fixture
def without_times(tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_text("1 1\n1 2\n1 3\n2 5\n2 2\n")
    return file("pairs", str(tmp_path / "data" / "files"), str(path), "")


def test_without_times_new_interactions_come_last(without_times, add):
    new = add(without_times, "user,item\n2,1\n1,2\n3,7\n2,4\n")
    assert histories(new) == {"1": ["1", "2", "3", "2"], "2": ["5", "2", "1", "4"], "3": ["7"]}
    assert new.num_items == 6 and not len(new.times)


def test_lines_of_user_and_item_are_read_by_their_places(without_times, add):
    new = add(without_times, "1 5\n3 2\n", columns={"user": "0", "item": "1"})
    assert histories(new) == {"1": ["1", "2", "3", "5"], "2": ["5", "2"], "3": ["2"]}


def test_an_item_without_a_name_is_known_by_its_number(without_times, add):
    new = add(without_times, "user,item\n1,4\n")
    assert new.items[:4].tolist() == [1, 2, 3, 4] and new.num_items == 5


def test_an_item_that_has_a_title_and_no_id_is_known_by_its_number(tmp_path, add):
    (tmp_path / "x.txt").write_text("1 2\n1 5\n")
    (tmp_path / "x.items.tsv").write_text("item\ttitle\n5\tPen\n")
    old = file("x", str(tmp_path / "data"), str(tmp_path / "x.txt"), "")
    catalogue = (old.folder / "catalogue.tsv").read_text()
    (old.folder / "catalogue.tsv").write_text(catalogue.replace("5\t5\t", "5\t\t"))
    new = add(old, "user,item\n1,2\n1,5\n9,5\n")
    assert new.items.tolist() == [2, 5, 5] and new.num_items == 5


def test_without_times_rows_with_which_a_history_ends_are_skipped(without_times, add):
    text = "user,item\n1,2\n1,3\n1,1\n2,2\n2,2\n"
    new = add(without_times, text)
    assert histories(new) == {"1": ["1", "2", "3", "1"], "2": ["5", "2", "2"]}
    assert update_counts(new)["skipped"] == 3
    assert add(new, text).checksum != ""
    assert histories(add(new, text))["1"] == ["1", "2", "3", "1"]


def test_the_order_of_a_table_with_times_decides_where_the_data_set_has_none(without_times, add):
    columns = {"time": "time"}
    new = add(without_times, "user,item,time\n1,5,9\n1,2,8\n", columns=columns)
    assert histories(new)["1"] == ["1", "2", "3", "2", "5"] and not len(new.times)


def test_titles_are_those_of_the_table_of_items(old, add, tmp_path):
    titles = tmp_path / "items.csv"
    titles.write_text("item,title,kind\n1,One,A|B\n3,Other,C\n")
    columns = {"item": "item", "title": "title", "genres": "kind"}
    new = add(old, "user,item,time\n8,1,900\n8,2,901\n", titles, columns)
    known = read_catalogue(new.folder).tail(2).fill_null("")
    assert known["title"].to_list() == ["One", ""] and known["genres"].to_list() == ["A|B", ""]
    assert read_catalogue(new.folder).head(3).equals(read_catalogue(old.folder))


def test_titles_of_an_update_are_in_the_encoding_of_its_table(tmp_path, add):
    old = table(tmp_path, "user,item\nu,a\n", columns=NAMED, encoding="latin-1")
    (tmp_path / "items.csv").write_text("item,title\nb,Été\n", "latin-1")
    (tmp_path / "new.csv").write_text("user,item\nu,b\n", "latin-1")
    described = {"item": "item", "title": "title"}
    new = append(
        old, tmp_path, tmp_path / "new.csv", NOTHING, str(tmp_path / "items.csv"), described
    )
    assert read_catalogue(new.folder)["title"].to_list() == [None, "Été"]


@pytest.mark.parametrize(
    ("text", "reading", "sentence"),
    [
        ("", {}, "new.csv: empty"),
        ("user,item,time\n", {}, "new.csv: empty"),
        ("user,item\n7,1\n", {}, "column time is missing; the file has user, item"),
        ("user,item,time\n7,1,soon\n", {}, "new.csv:2: time is missing or unreadable, got 'soon'"),
        ("user,item,time\n7,,3\n", {}, "new.csv:2: item is missing or unreadable"),
        ("user,item,time\n7,1,3\n", {"columns": {"sku": "item"}}, "columns must be columns of "),
        ("user,item,time\n7,1,3\n", {"columns": {"item": "sku"}}, "column sku is missing"),
        ("user,item,time\n7,1,3\n", {"columns": {"item": "user"}}, "must be different columns"),
        ("user,item,time\n7,1,3\n", {"events": ["buy"]}, "events must be named where columns"),
        ("user,item,time\n7,1,3\n", {"separator": ";"}, "column user is missing"),
        ("user,item,time\n7,1,3\n", {"encoding": "utf-9"}, "encoding must be one of text"),
        ("user,item,time\n7,1,3\n", {"titles": "no.csv"}, "titles must be a file that exists"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(
    old, add, tmp_path, text, reading, sentence
):
    with pytest.raises(Mistake) as refused:
        add(old, text, **reading)
    assert sentence in str(refused.value)
    assert [path.name for path in (tmp_path / "data").glob("[!.]*")] == ["shop"]


def test_a_rating_that_no_filter_needs_may_be_missing(tmp_path, add):
    columns = {"user": "user", "item": "item", "rating": "rating"}
    old = table(tmp_path, "user,item,rating\nu,a,5\nu,b,4\n", columns)
    assert histories(add(old, "user,item\nu,c\n")) == {"u": ["a", "b", "c"]}


def test_ratings_must_be_there_where_the_data_set_has_a_lowest_one(tmp_path, add):
    columns = {"user": "user", "item": "item", "rating": "rating"}
    old = table(tmp_path, "user,item,rating\nu,a,5\nu,b,4\n", columns, {"min_rating": 4.0})
    with pytest.raises(Mistake, match="column rating is missing"):
        add(old, "user,item\nu,c\n")


def test_files_of_train_valid_and_test_take_no_more(tmp_path, add):
    parts = tmp_path / "parts"
    parts.mkdir()
    for name in ("train", "valid", "test"):
        (parts / f"x.{name}.csv").write_text(f"user,item\nu,{name}\nv,{name}2\n")
    data = prepare(parts, NAMED)
    with pytest.raises(Mistake, match="run must be of a data set without files of train"):
        add(data, "user,item\nu,c\n")


def test_the_new_folder_loads_like_any_other(old, add, caplog):
    caplog.set_level(logging.WARNING)
    new = add(old, "user,item,time\n8,1,900\n")
    again = load("again", str(new.folder))
    assert again.checksum == new.checksum != old.checksum and not caplog.records
    assert pl.read_csv(new.folder / "users.tsv", separator="\t").columns == ["user", "original_id"]


EVENTS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz12"), st.integers(0, 6)),
    min_size=1,
    max_size=12,
    unique=True,
)


@given(EVENTS, st.data())
def test_two_tables_one_after_the_other_give_the_histories_of_one(rows, draw):
    cut = draw.draw(st.integers(1, len(rows)))
    head, lines = "user,item,time\n", [f"{user},{item},{time}\n" for user, item, time in rows]
    with TemporaryDirectory() as folder:
        place = Path(folder)
        old = table(place, head + "".join(lines[:cut]))
        (place / "new.csv").write_text(head + "".join(lines))  # the old ones again, too
        new = append(old, place / "data", place / "new.csv", NOTHING, "", {})
        (place / "both").mkdir()
        both = table(place / "both", head + "".join(lines))
        assert histories(new) == histories(both)
        assert update_counts(new)["skipped"] == cut


def test_ids_are_written_as_the_data_set_has_them(tmp_path, add):
    mixed = table(tmp_path, "user,item,time\nu,1.0,1\nu,2.0,2\nu,x,3\n")
    new = add(mixed, "user,item,time\nu,1.0,9\n")
    assert histories(new) == {"u": ["1.0", "2.0", "x", "1.0"]}


def test_decimals_stay_where_a_filter_left_out_the_text_beside_them(tmp_path, add):
    text = "user,item,time\nu,1.0,1\nu,2.0,2\nv,1.0,3\nv,2.0,4\nw,x,5\n"
    (tmp_path / "items.csv").write_text("item,title\n1.0,One\n2.0,Two\n")
    described = {"catalogue_columns": {"item": "item", "title": "title"}}
    old = table(
        tmp_path, text, filters={"item_core": 2}, catalogue=str(tmp_path / "items.csv"), **described
    )
    assert read_catalogue(old.folder)["title"].to_list() == ["One", "Two"]
    assert add(old, "user,item,time\nu,1.0,9\n").num_items == 2


def test_decimals_of_an_update_are_the_numbers_of_the_data_set(tmp_path, add):
    numbers = table(tmp_path, "user,item,time\n1,1,1\n1,2,2\n2,3,3\n")
    new = add(numbers, "user,item,time\n1.0,3.0,9\n9.0,x,10\n")
    assert histories(new) == {"1": ["1", "2", "3"], "2": ["3"], "9": ["x"]}
    newer = add(new, "user,item,time\n1.0,3.0,11\n7.0,x,12\n", name="newer.csv")
    assert histories(newer) == {"1": ["1", "2", "3", "3"], "2": ["3"], "9": ["x"], "7": ["x"]}


def test_an_update_is_read_as_the_own_table_whatever_an_earlier_update_was(tmp_path, add):
    old = table(tmp_path, "user,item\nu,a\n", columns=NAMED)
    first = add(old, "u,b\n", columns={"user": "0", "item": "1"}, header="false")
    second = add(first, "user,item\nu,c\n", name="second.csv")
    assert histories(second) == {"u": ["a", "b", "c"]}


def test_the_same_table_twice_changes_nothing_where_repeats_are_dropped(tmp_path, add):
    filters = {"consecutive": "drop"}
    old = table(tmp_path, "user,item\nu,a\nu,b\n", columns=NAMED, filters=filters)
    text = "user,item\nu,c\nv,a\nu,c\nu,d\n"
    first = add(old, text)
    assert histories(first) == {"u": ["a", "b", "c", "d"], "v": ["a"]}
    assert histories(add(first, text)) == histories(first)


def test_rows_of_other_events_are_counted_and_must_not_be_all(tmp_path, add):
    columns = {**NAMED, "event": "event"}
    old = table(tmp_path, "user,item,event\nu,a,buy\n", columns=columns, events=["buy"])
    new = add(old, "user,item,event\nu,b,buy\nu,c,Buy\n")
    assert histories(new) == {"u": ["a", "b"]} and update_counts(new)["of_other_events"] == 1
    with pytest.raises(Mistake, match=r"events must be some of those of .*new.csv, BUY, Buy"):
        add(old, "user,item,event\nu,b,Buy\nu,c,BUY\n")
