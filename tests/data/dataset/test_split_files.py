"""Data that come in files of train, valid and test keep what each file is."""

import zipfile

import polars as pl
import pytest

from bam.data.dataset.read.split_files import without_split
from bam.errors import Mistake
from tests.data.dataset.own_table import NAMED, TIMED, prepare, read, write

PARTS = {"train": "user,item\n1,a\n1,b\n2,a\n", "valid": "user,item\n1,c\n2,b\n",
         "test": "user,item\n2,c\n1,d\n"}  # fmt: skip


def written(folder, name, suffix=".csv"):
    """The three files, under names with the word of their part in the place of *."""
    for part, text in PARTS.items():
        frame = pl.read_csv(text.encode(), schema_overrides=[pl.String, pl.String])
        content = frame if suffix == ".parquet" else text
        write(folder / (name.replace("*", part) + suffix), content)
    return folder


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".parquet"])
@pytest.mark.parametrize(
    "name",
    ["*", "x.*", "mine_*", "*-00000-of-00001", "*/part-0", "deep/*/part-0", "split=*/day=1/part-0",
     "*Data", "*1", "my *"],
)  # fmt: skip
def test_each_row_keeps_the_part_of_its_file(tmp_path, name, suffix):
    raw = written(tmp_path / "raw", name, suffix)
    data = prepare(raw, NAMED)
    assert data.part.tolist() == [0, 0, 1, 2, 0, 1, 2]
    assert read(raw, NAMED, folder=str(tmp_path / "b")) == [
        "1 a", "1 b", "1 c", "1 d", "2 a", "2 b", "2 c"]  # fmt: skip


def test_a_zip_is_split_as_its_folder_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for part, text in PARTS.items():
            archive.writestr(f"x/{part}.csv", text)
    assert prepare(tmp_path / "x.zip", NAMED).part.tolist() == [0, 0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("word", ["val", "validation", "dev", "VALID"])
def test_other_words_for_valid_are_known(tmp_path, word):
    raw = written(tmp_path / "raw", "*")
    (raw / "valid.csv").rename(raw / f"{word}.csv")
    assert prepare(raw, NAMED).part.tolist() == [0, 0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["train", "test"], r"test.csv \(test\), train.csv \(train\)"),
        (["train", "valid", "test", "more"], r"more.csv \(neither\)"),
        (["x", "test"], r"test.csv \(test\), x.csv \(neither\)"),
        (["train_test", "valid"], r"train_test.csv \(neither\), valid.csv \(valid\)"),
    ],
)
def test_files_of_which_it_is_not_clear_are_refused(tmp_path, names, found):
    for name in names:
        write(tmp_path / "raw" / f"{name}.csv", PARTS["train"])
    with pytest.raises(
        Mistake, match=f"must hold files of train, valid and test, .* got .*{found}"
    ):
        prepare(tmp_path / "raw", NAMED)


@pytest.mark.parametrize("names", [["train"], ["train-0", "train-1"], ["a", "b"]])
def test_files_of_one_part_are_not_split(tmp_path, names):
    for name in names:
        write(tmp_path / "test" / f"{name}.csv", PARTS["train"])
    assert not len(prepare(tmp_path / "test", NAMED).part)


def test_one_file_that_is_named_is_read_alone(tmp_path):
    raw = written(tmp_path / "raw", "*")
    assert read(raw / "train.csv", NAMED) == ["1 a", "1 b", "2 a"]


def test_files_decide_before_times_and_the_log_shows_it(tmp_path, caplog):
    caplog.set_level("INFO")
    for name, time in (("train", 5), ("valid", 9), ("test", 3)):
        text = f"user,item,time\n1,{name},{time}\n1,{name}2,{time - 1}\n"
        write(tmp_path / "raw" / f"{name}.csv", text)
    rows = read(tmp_path / "raw", TIMED)
    assert rows == [f"1 {name}" for name in ("train2", "train", "valid2", "valid", "test2", "test")]
    assert "the files give 2 train, 2 valid, 2 test interactions: split=given" in caplog.text
    assert "1 users have a time in a later file that is before one in an earlier" in caplog.text


@pytest.mark.parametrize(
    ("name", "whole"),
    [("x.train.inter", "x.inter"), ("train.csv", ".csv"), ("a_val.txt", "a.txt"), ("b", "b")],
)
def test_a_name_without_its_word(name, whole):
    assert without_split(name) == whole
