"""Files in the published format are read, and their item ids stay."""

from pathlib import Path

import pytest

from bam.data.dataset.build import store
from bam.data.dataset.file import file
from bam.data.dataset.read import lines as blocks
from bam.errors import Mistake
from bam.records import Interactions


def read(tmp_path: Path, text: str, titles: str = "") -> Interactions:
    path = tmp_path / "mine.txt"
    path.write_bytes(text.encode())
    return file(name="", cache=str(tmp_path / "cache"), path=str(path), titles=titles)


def test_item_ids_stay_and_the_largest_is_the_number_of_items(tmp_path):
    data = read(tmp_path, "1 5\n1 2\n4 9\n")
    assert data.items.tolist() == [5, 2, 9] and data.num_items == 9
    assert data.offsets.tolist() == [0, 2, 3] and data.times.tolist() == []
    assert data.name == "mine"


def test_scattered_lines_of_a_user_stay_in_file_order(tmp_path):
    data = read(tmp_path, "10 3\n9 1\n10 2\n9 4\n10 1\n")
    assert data.items.tolist() == [1, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "text",
    ["1\t5\n1\t2\n", "1 5\r\n1 2\r\n", "\ufeff1 5\n1 2", "1 5\n\n1 2\n\n", "1  5\n1\t2 \n"],
    ids=["tabs", "crlf", "bom", "blank lines", "mixed blanks"],
)
def test_tabs_line_ends_and_blank_lines_do_not_matter(tmp_path, text):
    assert read(tmp_path, text).items.tolist() == [5, 2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1 5\n1 0\n", "mine.txt:2: item id must be 1 to 2147483647, got 0"),
        ("1 5\n1 -3\n", "mine.txt:2: item id must be 1 to 2147483647, got -3"),
        ("1 5\n2 2147483648\n", "mine.txt:2: item id must be 1 to 2147483647, got 2147483648"),
        ("1 5\n\n1 x\n", "mine.txt:3: must be `user item`, two whole numbers, got '1 x'"),
        ("1 5\n1\n", "mine.txt:2: must be `user item`"),
        ("1 5 3\n", "mine.txt:1: must be `user item`"),
        ("user item\n1 5\n", "mine.txt:1: must be `user item`"),
        ("", "mine.txt: empty"),
        ("\n \n", "mine.txt: empty"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, sentence):
    with pytest.raises(Mistake, match=sentence):
        read(tmp_path, text)
    assert not list((tmp_path / "cache").glob("mine-*"))


def test_the_line_number_holds_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "SIZE", 10)
    assert len(read(tmp_path, "1 2\n" * 100).items) == 100
    with pytest.raises(Mistake, match=r"mine.txt:77: item id"):
        read(tmp_path, "1 2\n" * 76 + "1 0\n" + "1 2\n" * 20)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(Mistake, match=r"path must be a file"):
        file(name="", cache=str(tmp_path), path="", titles="")


def test_a_changed_file_is_read_again(tmp_path):
    assert len(read(tmp_path, "1 2\n").items) == 1
    assert len(read(tmp_path, "1 2\n1 3\n").items) == 2


def test_titles_come_from_the_table_beside_the_file(tmp_path):
    rows = ["item\tasin\ttitle\tcategories", '2\tB00\tA "red" pen\tOffice|Pens', ""]
    table = "\n".join([*rows, "3\tB01\tInk\t", "9\tX\tno\t", ""])
    (tmp_path / "mine.items.tsv").write_text(table)
    catalogue = store.read_catalogue(read(tmp_path, "1 2\n1 4\n").folder)
    assert catalogue.rows() == [
        (2, "B00", 'A "red" pen', "Office|Pens"),
        (3, "B01", "Ink", None),
        (4, "4", None, None),
    ]


def test_an_item_without_an_id_in_the_table_of_titles_keeps_its_number_as_its_id(tmp_path):
    (tmp_path / "mine.items.tsv").write_text("item\ttitle\n2\tPen\n")
    catalogue = store.read_catalogue(read(tmp_path, "1 2\n1 4\n").folder)
    assert catalogue.rows() == [(2, "2", "Pen", None), (4, "4", None, None)]


def test_a_title_table_without_titles_is_refused(tmp_path):
    (tmp_path / "names.tsv").write_text("item\tname\n1\tx\n")
    with pytest.raises(Mistake, match=r"names.tsv:1: column title is missing"):
        read(tmp_path, "1 2\n", titles=str(tmp_path / "names.tsv"))


def test_arrays_are_mapped_and_writing_to_them_never_reaches_the_file(tmp_path):
    first = read(tmp_path, "1 2\n1 3\n")
    first.items[0] = 7
    assert store.load("x", str(first.folder)).items.tolist() == [2, 3]


def test_a_number_in_the_table_of_titles_may_be_written_as_a_program_does(tmp_path):
    (tmp_path / "mine.items.tsv").write_text("item\ttitle\n2.0\tPen\n 4 \tInk\n")
    catalogue = store.read_catalogue(read(tmp_path, "1 2\n1 4\n").folder)
    assert catalogue["title"].to_list() == ["Pen", "Ink"]
    (tmp_path / "names.tsv").write_text("item\ttitle\n2\tPen\n\nB00\tInk\n")
    with pytest.raises(Mistake, match=r"names.tsv:4: item must be a number of the file, got 'B00'"):
        read(tmp_path, "1 2\n1 4\n", titles=str(tmp_path / "names.tsv"))


def test_ids_with_large_gaps_are_refused_before_a_table_has_a_row_for_each(tmp_path):
    sentence = "must be numbers without large gaps, got 2 items up to 300,000,000; dataset=table"
    with pytest.raises(Mistake, match=sentence):
        read(tmp_path, "1 5\n1 300000000\n")
