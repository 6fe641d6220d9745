"""RecBole's atomic files: times under any name, sequences, and split files."""

import polars as pl
import pytest

from bam.data.dataset.publisher.recbole import RECBOLE
from bam.data.dataset.read.format import find_format
from bam.errors import Mistake
from tests.data.dataset.own_table import write

IDS = "user_id:token\titem_id:token"
LISTS = "user_id:token\titem_id_list:token_seq\titem_id:token\n"


def read(raw):
    parts, known = find_format(raw, [RECBOLE])
    return pl.concat(known.chunks(*parts)).rows()


@pytest.mark.parametrize(
    "name",
    ["date:float", "timestamp:token", "event_time:float", "ts:float", "unixReviewTime:float",
     "created_at:token", "time_ms:float"],
)  # fmt: skip
def test_the_time_may_have_another_name(tmp_path, name):
    raw = write(tmp_path / "x.inter", f"{IDS}\t{name}\tprice:float\n1\ta\t5\t2.5\n")
    assert read(raw) == [("1", "a", 5_000_000)]


@pytest.mark.parametrize("name", ["sentiment:float", "playtime:float", "weekday:token"])
def test_a_word_with_a_time_in_it_is_no_time(tmp_path, name):
    raw = write(tmp_path / "x.inter", f"{IDS}\t{name}\n1\ta\t5\n")
    assert read(raw) == [("1", "a")]


def test_the_log_names_the_time_that_was_taken(tmp_path, caplog):
    with caplog.at_level("INFO"):
        read(write(tmp_path / "x.inter", f"{IDS}\tdate:float\n1\ta\t5\n"))
    assert "x.inter: the time is in date:float" in caplog.text


@pytest.mark.parametrize("header", [f'"{IDS}', f"{IDS}s", IDS.replace("item_id:", "my_item_id:")])
def test_a_header_that_has_almost_the_fields_of_recbole_is_none(tmp_path, header):
    with pytest.raises(Mistake, match="no known format"):
        read(write(tmp_path / "x.inter", f"{header}\n1\ta\n"))


def test_of_two_times_one_must_be_named(tmp_path):
    raw = write(tmp_path / "x.inter", f"{IDS}\tdate:float\ttime:float\n1\ta\t5\t6\n")
    with pytest.raises(Mistake, match="one field must be the time, got date:float, time:float"):
        read(raw)


def test_a_sequence_is_the_history_of_its_item(tmp_path):
    raw = write(tmp_path / "x.train.inter", LISTS + "1\ta b c\td\n2\te f\tg\n")
    assert read(raw) == [*(("1", item) for item in "abcd"), *(("2", item) for item in "efg")]


def test_the_growing_sequences_of_a_user_are_one(tmp_path):
    raw = write(tmp_path / "x.inter", LISTS + "1\ta\tb\n2\tx\ty\n1\ta b\tc\n")
    assert read(raw) == [("1", "a"), ("1", "b"), ("1", "c"), ("2", "x"), ("2", "y")]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("1\ta\tb\n\n1\tq b\tc\n", "x.inter:2: the items of user 1 must begin"),
        ("1\ta\tb\n\n1\ta b\n", "x.inter:4: must have 3 fields, got 2"),
        ("1\ta\t\n", "x.inter:2: one of user_id, item_id_list, item_id is missing"),
        ("1\ta nan\tc\n", "x.inter:2: one of .* has a missing id"),
    ],
)
def test_a_sequence_that_cannot_be_read_is_refused(tmp_path, lines, sentence):
    with pytest.raises(Mistake, match=sentence):
        read(write(tmp_path / "x.inter", LISTS + lines))


def split_files(folder, lines, header=f"{IDS}\n", parts=("train", "valid", "test")):
    for part, text in zip(parts, lines, strict=True):
        write(folder / f"x.{part}.inter", header + text)
    return folder


@pytest.mark.parametrize("raw", ["", "x.train.inter", "x.test.inter"])
def test_split_files_are_read_together_by_their_folder_or_by_one_of_them(tmp_path, raw):
    split_files(tmp_path, ["1\ta\n2\tb\n", "1\tc\n", "1\td\n"])
    assert read(tmp_path / raw) == [("1", "a", 0), ("2", "b", 0), ("1", "c", 1), ("1", "d", 2)]


def test_a_missing_file_of_a_split_is_named(tmp_path):
    split_files(tmp_path, ["1\ta\n", "1\td\n"], parts=("train", "test"))
    for raw in (tmp_path, tmp_path / "x.train.inter"):
        with pytest.raises(Mistake, match=r"got x.test.inter \(test\), x.train.inter \(train\)"):
            read(raw)


def test_split_files_have_the_same_columns_in_any_order(tmp_path):
    split_files(tmp_path, ["1\ta\n", "1\tb\n", "1\tc\n"])
    write(tmp_path / "x.test.inter", "item_id:token\tuser_id:token\nd\t1\n")
    assert read(tmp_path) == [("1", "a", 0), ("1", "b", 1), ("1", "d", 2)]
    write(tmp_path / "x.test.inter", "item_id:token\tuser_id:token\tuser_id:token\nd\t1\t1\n")
    with pytest.raises(Mistake, match=r"x\.test\.inter: must have the columns user_id:token, item"):
        read(tmp_path)


def test_titles_are_those_of_the_whole(tmp_path):
    split_files(tmp_path, ["1\ta\n", "1\tb\n", "1\tc\n"])
    write(tmp_path / "x.item", "item_id:token\ttitle:token_seq\na\tA film\n")
    parts, known = find_format(tmp_path, [RECBOLE])
    assert known.catalogue(parts[0], pl.Series(["a"])).row(0) == ("a", "A film", "")


def test_in_split_sequences_the_item_of_a_row_is_its_target(tmp_path):
    lines = ["1\ta\tb\n1\ta b\tc\n", "1\ta b c\td\n2\tx y\tz\n", "1\ta b c d\te\n"]
    split_files(tmp_path, lines, LISTS)
    assert read(tmp_path) == [
        *zip("11111", "abcde", (-1, 0, 0, 1, 2), strict=True),
        *zip("222", "xyz", (-1, -1, 1), strict=True),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["1\ta\tb\n", "1\ta\tb\n", "1\ta b\tc\n"],
        ["1\ta b\tc\n", "1\ta\tb\n", "1\ta b c\td\n"],
    ],
)
def test_split_sequences_that_do_not_fit_are_refused(tmp_path, lines):
    with pytest.raises(Mistake, match="user 1 must train, then validate, then test"):
        read(split_files(tmp_path, lines, LISTS))


def test_an_item_in_a_list_alone_after_a_row_is_refused_for_it_would_be_a_target(tmp_path):
    lines = ["1\ta\tb\n1\ta b\tc\n", "1\ta b c d\te\n", "1\ta b c d e\tf\n"]
    with pytest.raises(Mistake, match="item d of user 1 is in a list alone, after an item with a"):
        read(split_files(tmp_path, lines, LISTS))


def test_titles_are_found_however_their_ids_are_written(tmp_path):
    raw = write(tmp_path / "x.inter", f"{IDS}\n1\t10.0\n1\t11.0\n")
    write(tmp_path / "x.item", "item_id:token\ttitle:token\n10.0\tA\n 11 \tB\n")
    parts, known = find_format(raw, [RECBOLE])
    found = known.catalogue(parts[0], pl.Series(["10", "11"]))
    assert found.select("original_id", "title").rows() == [("10", "A"), ("11", "B")]


def test_spaces_inside_a_user_of_sequences_are_one_blank(tmp_path):
    raw = write(tmp_path / "x.inter", LISTS + "u 1\ta\tb\nu  1\ta b\tc\n")
    assert read(raw) == [("u 1", item) for item in "abc"]
