"""Ids, ratings and times of every form: read right, or refused with their line."""

from datetime import UTC, datetime, time, timedelta

import polars as pl
import pytest

from bam.data.dataset.read import parquet
from bam.errors import Mistake
from tests.data.dataset.own_table import NAMED, TIMED, prepare, read, write
from tests.data.dataset.tiny_raw import no_filters

RATED = {**NAMED, "rating": "rating"}
NAN = float("nan")


@pytest.mark.parametrize("missing", ["", "nan", "NaN", "NULL", "None", r"\N", "[1, 2]"])
def test_what_is_no_id_is_refused(tmp_path, missing):
    path = write(tmp_path / "t", f'user,item\n1,2\n1,"{missing}"\n')
    with pytest.raises(Mistake, match="t:3: item is missing or unreadable"):
        read(path, NAMED)


def test_nan_in_parquet_is_no_user(tmp_path):
    frame = pl.DataFrame({"user": [1.0, NAN], "item": [2, 3]})
    with pytest.raises(Mistake, match="row 2: user is missing"):
        read(write(tmp_path / "t", frame), NAMED)


@pytest.mark.parametrize("rating", ["nan", "NaN", "inf", "", "good"])
def test_what_is_no_rating_passes_no_filter(tmp_path, rating):
    path = write(tmp_path / "t", f"user,item,rating\n1,a,5\n1,b,{rating}\n")
    with pytest.raises(Mistake, match="t:3: rating is missing or unreadable"):
        read(path, RATED, filters=no_filters(min_rating=4.0))


def test_nan_in_parquet_is_no_rating(tmp_path):
    frame = pl.DataFrame({"user": [1, 1], "item": [2, 3], "rating": [5.0, NAN]})
    with pytest.raises(Mistake, match="row 2: rating is missing"):
        read(write(tmp_path / "t", frame), RATED)


def test_one_number_is_one_id_where_all_ids_are_numbers(tmp_path):
    path = write(tmp_path / "t", "user,item\n1.0,2\n1,2.5\n1,2.0\n2.00,2\n")
    assert read(path, NAMED) == ["1 2", "1 2.5", "1 2", "2 2"]
    once = no_filters(duplicates="first")
    assert read(path, NAMED, filters=once) == ["1 2", "1 2.5", "2 2"]


def test_a_text_that_looks_like_a_number_stays_as_it_is(tmp_path):
    path = write(tmp_path / "t", "user,item\n1.0,2\n1,3\nx,3\n")
    assert read(path, NAMED) == ["1 3", "1.0 2", "x 3"]


def test_parts_with_whole_and_with_decimal_ids_are_one(tmp_path):
    for name, user in (("a", 1), ("b", 1.0)):
        write(tmp_path / "parts" / name, pl.DataFrame({"user": [user], "item": ["x"]}))
    assert read(tmp_path / "parts", NAMED) == ["1 x", "1 x"]


def test_a_list_of_items_is_the_history_of_its_user(tmp_path):
    text = '{"user":1,"item":[3,5,3]}\n\n{"user":2,"item":[]}\n{"user":3,"item":["4"]}\n'
    frame = pl.DataFrame({"user": [1, 2, 3], "item": [[3, 5, 3], [], [4]]})
    for path in (write(tmp_path / "t", text), write(tmp_path / "p", frame)):
        assert read(path, NAMED) == ["1 3", "1 5", "1 3", "3 4"]


def test_an_empty_history_is_counted_in_the_log(tmp_path, caplog):
    read(write(tmp_path / "t", '{"user":1,"item":[3]}\n{"user":2,"item":[]}\n'), NAMED)
    assert "1 users have an empty list and are dropped" in caplog.text


def test_a_history_may_have_a_list_of_times(tmp_path):
    text = '{"user":1,"item":[3,5],"time":[20,10]}\n{"user":2,"item":[3],"time":[5]}\n'
    path = write(tmp_path / "t", text)
    assert read(path, TIMED) == ["1 5", "1 3", "2 3"]
    assert seconds(path) == [10, 20, 5]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"user":1,"item":3}\n{"user":2,"item":[3]}\n', r"t:2: item must be one id, got \[3\]"),
        ('{"user":1,"item":3}\n{"user":2,"item":{"a":3}}\n', r"t:2: item must be one id"),
        ('{"user":1,"item":[3]}\n{"user":2,"item":[[3]]}\n', r"t:2: item must be one id"),
        ('{"user":1,"item":[3]}\n{"user":2,"item":[null]}\n', "t:2: item is missing"),
        ('{"user":1,"item":[3]}\n{"user":2,"item":4}\n', "t:2: item must be a list"),
        ('{"user":1,"item":[3]}\n{"user":2,"item":null}\n', "t:2: item must be a list"),
        ('{"user":[1],"item":3}\n', "t: items may be a list, and then times; got a list of user"),
        ('{"user":1,"item":3}\n{"user":NaN,"item":3}\n', "t:2: no JSON .NaN"),
        ('[{"user":1,"item":3}]\n', "must be one JSON object a line, got a list"),
        (pl.DataFrame({"user": [1], "item": [{"a": 1}]}), "column item must hold one item a row"),
        (pl.DataFrame({"user": [[1]], "item": [1]}), "column user must hold one user a row"),
        (pl.DataFrame({"user": [1, 2], "item": [[1], None]}), "user 2: item is missing"),
        (pl.DataFrame({"user": [b"\xff"], "item": [1]}), "t: unreadable"),
    ],
)
def test_lists_and_objects_are_no_ids(tmp_path, content, sentence):
    with pytest.raises(Mistake, match=sentence):
        read(write(tmp_path / "t", content), NAMED)


def test_lists_of_different_lengths_are_refused(tmp_path):
    path = write(tmp_path / "t", '{"user":1,"item":[3,5],"time":[10]}\n')
    with pytest.raises(Mistake, match="user 1: must have as many items as values of time"):
        read(path, TIMED)


def test_the_user_of_lists_of_different_lengths_is_named_wherever_the_row_is(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS", 2)
    frame = pl.DataFrame({"user": list("abcd"), "item": [[1], [2], [3], [4, 5]], "time": [[1]] * 4})
    with pytest.raises(Mistake, match="user d: must have as many items as values of time"):
        read(write(tmp_path / "t", frame), TIMED)


def timed(tmp_path, *times):
    lines = [f'1,{place},"{moment}"\n' for place, moment in enumerate(times)]
    return write(tmp_path / "t", "user,item,time\n" + "".join(lines))


def seconds(path, **options):
    return prepare(path, TIMED, **options).times.tolist()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2019-10-01 00:00:00 UTC", (2019, 10, 1)),
        ("2019-10-01 00:00:00+00", (2019, 10, 1)),
        ("2019-10-01 02:00:00+02:00", (2019, 10, 1)),
        ("2020-12-31 21:25:58.745232+02", (2020, 12, 31, 19, 25, 58)),
        ("2019-10-01 12:30", (2019, 10, 1, 12, 30)),
        ("2019-10-01T12:30Z", (2019, 10, 1, 12, 30)),
        ("2019-10-01T12:30+0530", (2019, 10, 1, 7)),
        ("2019-10-01 12:30:00,5", (2019, 10, 1, 12, 30)),
        ("2019/10/01 10:11:12", (2019, 10, 1, 10, 11, 12)),
        ("2019/1/2", (2019, 1, 2)),
        (" 1569888000 ", (2019, 10, 1)),
        (" 2019-10-01 ", (2019, 10, 1)),
        ("Tue Apr 03 18:00:09 +0000 2012", (2012, 4, 3, 18, 0, 9)),
        ("Tue, 03 Apr 2012 18:00:09 +0000", (2012, 4, 3, 18, 0, 9)),
        ("20191001T000001Z", (2019, 10, 1, 0, 0, 1)),
        ("20191001", (2019, 10, 1)),
        ("20191001.0", (2019, 10, 1)),
        ("201910011230", (2019, 10, 1, 12, 30)),
        ("20191001123001", (2019, 10, 1, 12, 30, 1)),
        ("2019100112", (2019, 10, 1, 12)),
        ("20191001123001250", (2019, 10, 1, 12, 30, 1)),
    ],
)
def test_common_forms_of_a_moment_are_read(tmp_path, text, moment):
    assert seconds(timed(tmp_path, text)) == [int(datetime(*moment, tzinfo=UTC).timestamp())]


def test_days_written_as_numbers_are_filtered_as_days(tmp_path):
    early = no_filters(until="2014-01-01")
    assert read(timed(tmp_path, 20130101, 20190101), TIMED, filters=early) == ["1 0"]
    frame = pl.DataFrame({"user": [1, 1], "item": [0, 1], "time": [20130101, 20190101]})
    assert read(write(tmp_path / "p", frame), TIMED, filters=early) == ["1 0"]


def test_the_unit_is_that_of_the_whole_column(tmp_path):
    data = prepare(timed(tmp_path, 100_000_001_000, 99_999_999_000), TIMED)
    assert data.times.tolist() == [99_999_999, 100_000_001] and data.items.tolist() == [2, 1]


def test_the_form_of_a_time_may_be_given(tmp_path):
    dotted = timed(tmp_path, "31.01.2020 06:30")
    assert seconds(dotted, time_format="%d.%m.%Y %H:%M") == [1580452200]
    assert seconds(timed(tmp_path, 2001, 2003), time_format="%Y") == [978307200, 1041379200]
    assert seconds(timed(tmp_path, 5000, 1600000000000), time_format="ms") == [5, 1600000000]
    hours = timed(tmp_path, "31.01.2020 06")
    assert seconds(hours, time_format="%d.%m.%Y %H") == [1580450400]
    assert seconds(timed(tmp_path, 201301), time_format="%Y%m") == [1356998400]


@pytest.mark.parametrize("times", [[201300, 201301], [2013000, 2013001], [100, 200]])
def test_numbers_that_are_no_months_and_no_days_are_seconds(tmp_path, times):
    assert seconds(timed(tmp_path, *times)) == times


@pytest.mark.parametrize(
    ("times", "options", "sentence"),
    [
        ([1600000000, 1600000000000], {}, "must have one unit, .* dataset.time_format=ms"),
        ([2001, 2003], {}, "may be years; dataset.time_format must be %Y"),
        ([201301, 201912], {}, "may be months; dataset.time_format must be %Y%m"),
        ([2013001, 2020366], {}, "may be days of a year; dataset.time_format must be %Y%j"),
        ([20200131, 20200231, 20200101], {}, "t:3: time is missing or unreadable, got '20200231'"),
        (["31.01.2020"], {}, "t:2: time is .* got '31.01.2020'.* as dataset.time_format"),
        ([1600000000, "2020-01-01"], {}, "t:3: time is missing or unreadable"),
        (["2020-01-01", 1600000000], {}, "t:3: time is missing or unreadable"),
        ([1, "nan"], {}, "t:3: time is missing or unreadable, got 'nan'"),
        ([1], {"time_format": "dd.mm"}, "time_format must be s, ms, us, ns or a pattern"),
    ],
)
def test_times_of_two_forms_or_of_none_are_refused(tmp_path, times, options, sentence):
    with pytest.raises(Mistake, match=sentence):
        seconds(timed(tmp_path, *times), **options)


@pytest.mark.parametrize("value", [time(3), timedelta(days=1)])
def test_what_is_no_moment_in_parquet_is_refused(tmp_path, value):
    frame = pl.DataFrame({"user": [1], "item": [2], "time": [value]})
    with pytest.raises(Mistake, match="row 1: time is missing or unreadable"):
        read(write(tmp_path / "t", frame), TIMED)


@pytest.mark.parametrize(
    ("later", "sentence"),
    [
        ("1580428900", "times must have one unit, got 1580428901 and 1580428800000"),
        ("20200201", "unreadable|one form|one unit"),
    ],
)
def test_a_later_file_with_times_of_another_unit_is_refused(tmp_path, later, sentence):
    header = "user,item,time\n"
    write(tmp_path / "parts" / "a.csv", f"{header}1,2,1580428800000\n1,3,1580428801000\n")
    write(tmp_path / "parts" / "b.csv", f"{header}1,4,{later}\n1,5,{int(later) + 1}\n")
    with pytest.raises(Mistake, match=sentence):
        read(tmp_path / "parts", TIMED)


def test_days_after_seconds_are_refused(tmp_path):
    header = "user,item,time\n"
    write(tmp_path / "parts" / "a.csv", f"{header}1,2,1580428800\n1,3,1580428801\n")
    write(tmp_path / "parts" / "b.csv", f"{header}1,4,20200201\n1,5,20200202\n")
    with pytest.raises(Mistake, match=r"one form, got 20200201, which may be %Y%m%d"):
        read(tmp_path / "parts", TIMED)
    write(tmp_path / "parts" / "b.csv", f"{header}1,4,7\n1,5,1580428900\n")
    assert read(tmp_path / "parts", TIMED) == ["1 4", "1 2", "1 3", "1 5"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("31-01-20", ""),
        ("99-12-31", ""),
        ("31-01-20 10:00:00", ""),
        ("Tue Apr 03 18:00:09 +0000 12", ""),
        ("31.12.99", "%d.%m.%Y"),
        ("99-12-31", "%F"),
    ],
)
def test_a_year_has_four_digits(tmp_path, text, form):
    with pytest.raises(Mistake, match="t:2: time is missing or unreadable"):
        seconds(timed(tmp_path, text), time_format=form)


@pytest.mark.parametrize("number", [-90_000_000_000, -30_610_224_001, 253_402_300_800 * 10**9])
def test_a_number_of_no_year_from_1000_to_9999_is_no_time(tmp_path, number):
    assert seconds(timed(tmp_path, -30_610_224_000)) == [-30_610_224_000]
    assert seconds(timed(tmp_path, 253_402_300_799 * 10**9)) == [253_402_300_799]
    with pytest.raises(Mistake, match="t:2: time is missing or unreadable"):
        seconds(timed(tmp_path, number))


def test_a_moment_in_parquet_of_no_year_from_1000_to_9999_is_no_time(tmp_path):
    days = pl.Series([-400_000, 0]).cast(pl.Date)
    frame = pl.DataFrame({"user": [1, 1], "item": [2, 3], "time": days})
    with pytest.raises(Mistake, match="row 1: time is missing or unreadable"):
        read(write(tmp_path / "t", frame), TIMED)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ("%d %b %Y %M", "must be a pattern of a moment"),
        ("%Y-%m-%d %Z", "must have %z, such as"),
        ("%Y-%m-%d %H:%M:%S.%f", "must have %.f in place of .%f"),
    ],
)
def test_a_pattern_that_gives_no_moment_is_refused(tmp_path, form, sentence):
    path = write(tmp_path / "t", "user,item,time\n1,2,31 Jan 2020 10\n")
    with pytest.raises(Mistake, match=f"time_format {sentence}"):
        read(path, TIMED, time_format=form)


@pytest.mark.parametrize("blank", ["\n", "\r\n", "  \n\n"])
def test_blank_lines_before_the_header_do_not_matter(tmp_path, blank):
    text = blank + "user,item\n1,2\n1,3\n"
    assert read(write(tmp_path / "t.csv", text), NAMED) == ["1 2", "1 3"]
    with pytest.raises(Mistake, match=rf"t2:{text.count(chr(10)) + 1}: item is missing"):
        read(write(tmp_path / "t2", text + "1,\n"), NAMED)


def test_a_header_of_two_lines_is_named(tmp_path):
    path = write(tmp_path / "t", '"user\nid",item\n1,2\n')
    with pytest.raises(Mistake, match="the header must be one line"):
        read(path, {"user": "0", "item": "1"}, header="true")


def test_lines_that_end_as_on_an_old_mac_are_refused(tmp_path):
    with pytest.raises(Mistake, match="lines must end with a line feed"):
        read(write(tmp_path / "t", "user,item\r1,2\r"), NAMED)


def test_a_separator_of_two_letters_within_quotes_stays(tmp_path):
    path = write(tmp_path / "t", 'user::item\n"a::b"::x\n')
    assert read(path, NAMED, separator="::") == ["a::b x"]


def test_a_list_of_times_that_is_missing_is_named(tmp_path):
    lines = '{"user": 1, "item": [1, 2], "time": [1, 2]}\n{"user": 2, "item": [1, 2]}\n'
    with pytest.raises(Mistake, match="user 2: must have as many items as values of time"):
        read(write(tmp_path / "t", lines), TIMED)
