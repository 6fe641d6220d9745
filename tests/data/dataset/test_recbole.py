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


@pytest.mark.parametrize("name", ["date:float", "timestamp:token", "event_time:float", "ts:float"])
def test_the_time_may_have_another_name(tmp_path, name):
    raw = write(tmp_path / "x.inter", f"{IDS}\t{name}\tprice:float\n1\ta\t5\t2.5\n")
    assert read(raw) == [("1", "a", 5_000_000)]


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
        ("1\ta\t\n", "x.inter:2: user_id or item_id is missing"),
    ],
)
def test_a_sequence_that_cannot_be_read_is_refused(tmp_path, lines, sentence):
    with pytest.raises(Mistake, match=sentence):
        read(write(tmp_path / "x.inter", LISTS + lines))


def test_split_files_are_refused_by_name(tmp_path):
    for part in ("train", "valid", "test"):
        write(tmp_path / f"x.{part}.inter", f"{IDS}\n1\ta\n")
    with pytest.raises(Mistake, match=r"split files .* got x.valid.inter, x.test.inter beside"):
        read(tmp_path / "x.train.inter")
    with pytest.raises(Mistake, match=r"must hold one file .*x.test.inter, .*x.train.inter"):
        read(tmp_path)
