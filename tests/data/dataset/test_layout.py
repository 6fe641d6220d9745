"""Header, separator, quotes and encoding of a table: read right, or refused by name."""

import gzip
import zipfile

import pytest

from bam.data.dataset.read.part import SAMPLE
from bam.errors import Mistake
from tests.data.dataset.own_table import NAMED, PLACED, prepare, read, write

MANY = "user,item,title\n" + "".join(f"{n},{n},t\n" for n in range(9000))
JOINED = 'user\titem\ttitle\n1\t10\t"Heroes\n2\t20\tfoo"\n3\t30\tbar\n'


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("0,1\n0,2\n1,2\n", ["0 1", "0 2", "1 2"]),
        ("1,0\n1,5\n2,7\n", ["1 0", "1 5", "2 7"]),
        ("0,7,1\n0,8,3\n1,9,5\n", ["0 7", "0 8", "1 9"]),
        ("1,5,Drama|War\n1,6,Crime|War\n", ["1 5", "1 6"]),
        ("1;5;3,5\n1;6;4,5\n", ["1 5", "1 6"]),
        ("1::5::3\n1::6::4\n", ["1 5", "1 6"]),
        ("1 5\n1 6\n", ["1 5", "1 6"]),
        ("bob,tea\nann,tea\nbob,milk\n", ["ann tea", "bob tea", "bob milk"]),
        ("7,8\n", ["7 8"]),
        ("user,item\n1,2\n1,3\n", ["1 2", "1 3"]),
        ("user,item\nbob,milk\n", ["bob milk"]),
        ("a,b\nu1,i1\nu2,i2\n", ["u1 i1", "u2 i2"]),
    ],
)
def test_columns_by_place_are_read_with_and_without_a_header(tmp_path, text, rows):
    assert read(write(tmp_path / "t", text), PLACED) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("user, item\n1, 2\n1, 3\n", ["1 2", "1 3"]),
        ('"user","item"\n"1","2"\n', ["1 2"]),
        (",user,item\n0,1,2\n1,1,3\n", ["1 2", "1 3"]),
        ("item,x,x,user\n1,5,5,2\n", ["2 1"]),
    ],
)
def test_columns_are_found_by_name_with_spaces_and_quotes_around(tmp_path, text, rows):
    assert read(write(tmp_path / "t", text), NAMED) == rows


def test_the_header_may_be_given(tmp_path):
    path = write(tmp_path / "t", "user,milk\nann,tea\n")
    assert read(path, PLACED, header=True) == ["ann tea"]
    assert read(path, PLACED, header=False) == ["ann tea", "user milk"]


@pytest.mark.parametrize(
    ("text", "columns", "options", "sentence"),
    [
        ("user,milk\nann,tea\n", PLACED, {}, "the first line may be a header, .* dataset.header"),
        ("1,5|4\n1,6|3\n", PLACED, {}, r"',' and '\|' may separate .* dataset.separator"),
        ("user,item,item\n1,2,3\n", NAMED, {}, r"column item must be there once.* \[1, 2\]"),
        ("1,5\n1,6\n", NAMED, {}, "column user is missing; the file has 1, 5 .* positions from 0"),
        ("1,5\n", {"user": "0", "item": "7"}, {}, "column 7 is missing; the lines have 2 fields"),
        ("user,item\n1,2\n", NAMED, {"header": False}, "columns must be positions from 0"),
        ("1,0\n5,6\n", PLACED, {"header": True}, "column 0 may be a name or a position"),
        ("a\n", {"user": "a", "item": "a"}, {}, "columns must be different columns"),
        ("user,item\n1,2\nuser,item\n3,4\n", NAMED, {}, "t:3: the header is there again"),
        ("1,2\n", PLACED, {"header": "perhaps"}, "header must be auto, true or false, got 'perh"),
        ("1,2\n", PLACED, {"separator": ""}, "separator must be auto, or one or more letters"),
        ("1,2\n", PLACED, {"quote": "xy"}, "quote must be auto, none or one letter of ASCII"),
        ("1,2\n", PLACED, {"quote": "é"}, "quote must be auto, none or one letter of ASCII"),
        ("1,2\n", PLACED, {"encoding": "klingon"}, "encoding must be one of text, .* 'klingon'"),
    ],
)
def test_what_may_be_read_in_two_ways_is_refused(tmp_path, text, columns, options, sentence):
    with pytest.raises(Mistake, match=sentence):
        read(write(tmp_path / "t", text), columns, **options)


def test_the_separator_may_be_given(tmp_path):
    tab = write(tmp_path / "t", "1\t5,4\n1\t6,3\n")
    assert read(tab, PLACED, separator=r"\t") == ["1 5,4", "1 6,3"]
    assert prepare(tab, PLACED, separator=",").num_items == 2
    assert read(write(tmp_path / "é", "1é5,4\n1é6,3\n"), PLACED, separator="é") == [
        "1 5,4",
        "1 6,3",
    ]


@pytest.mark.parametrize(
    "text",
    [
        'user\titem\ttitle\n1\t10\t"Heroes\n2\t20\tfoo\n3\t30\t"bar\n',
        'user,item,title\n1,10,5" nail\n2,20,6" nail\n3,30,x\n',
        'user,item,title\n1,10,"x\n2,20,y\n3,30,x\n',
        'user,item,title\n1,10,"Nice, cheap\nbut heavy"\n2,20,foo\n3,30,"say ""hi"""\n',
    ],
)
def test_a_stray_quote_swallows_no_line(tmp_path, text):
    assert read(write(tmp_path / "t", text), NAMED) == ["1 10", "2 20", "3 30"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (JOINED, "a quote may join lines, or be a letter; dataset.quote"),
        (MANY + '5,6,"x\n7,8,"y\n', "t:9002: a quote opens no field.* dataset.quote"),
        (MANY + '5,6,"x\n7,8,y"\n', "t:9002: a quote may join lines"),
        (MANY + '5,6,5" by 6"\n5,6,"x\n7,8,y"\n', "t:9003: a quote may join lines"),
        ('user,item,title\n1,10,"x, y\n2,20,y\n', "t:2: a quote opens no field"),
    ],
)
def test_a_quote_that_may_be_a_letter_is_refused(tmp_path, text, sentence):
    with pytest.raises(Mistake, match=sentence):
        read(write(tmp_path / "t", text), NAMED)


def test_a_field_that_goes_on_after_the_first_lines_is_one_field(tmp_path):
    lines = "user,item,text\n" + "".join(f"{n},{n % 7},x\n" for n in range(9000))
    begin = lines[: lines.rfind("\n", 0, SAMPLE) + 1]
    rest = lines[len(begin) :]
    raw = write(tmp_path / "t.csv", f'{begin}1,8,"two{"." * 20}\nlines"\n{rest}')
    assert len(read(raw, NAMED)) == 9001


def test_the_quote_may_be_given(tmp_path):
    joined = write(tmp_path / "t", JOINED)
    assert read(joined, NAMED, quote="none") == ["1 10", "2 20", "3 30"]
    assert read(joined, NAMED, quote='"') == ["1 10", "3 30"]
    single = write(tmp_path / "s", "user,item,title\n1,10,'x, y'\n2,20,y\n")
    assert read(single, NAMED, quote="'") == ["1 10", "2 20"]


def test_the_log_shows_how_a_table_is_read(tmp_path, caplog):
    caplog.set_level("INFO")
    prepare(write(tmp_path / "t", "1;2\n"), PLACED)
    assert "fields are separated by ';', \" quotes fields, there is no header" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "user,item\nu,x\nu,café\n",
        '{"user":1,"item":"x"}\n{"user":1,"item":"x"}\n{"user":1,"item":"café"}\n',
    ],
)
def test_a_byte_that_is_not_utf_8_is_named(tmp_path, text):
    path = write(tmp_path / "t", text.encode("latin-1"))
    with pytest.raises(Mistake, match=r"t:3: not UTF-8, .* 0xe9; .* dataset.encoding=latin-1"):
        read(path, NAMED)
    assert any(row.endswith(" café") for row in read(path, NAMED, encoding="latin-1"))


def test_names_that_differ_by_an_accent_stay_two_items(tmp_path):
    path = write(tmp_path / "t", b"user,item\nu,caf\xe9\nu,caf\xe8\nu,nail\n")
    assert read(path, NAMED, encoding="latin-1") == ["u café", "u cafè", "u nail"]


@pytest.mark.parametrize("packed", [False, True])
def test_utf_16_is_recognised_by_its_mark(tmp_path, packed):
    data = "user,item\n1,é\n".encode("utf-16")
    assert read(write(tmp_path / "t", gzip.compress(data) if packed else data), NAMED) == ["1 é"]


def test_utf_16_without_its_mark_is_refused_until_it_is_named(tmp_path):
    path = write(tmp_path / "t", "user,item\n1,é\n".encode("utf-16-le"))
    with pytest.raises(Mistake, match=r"t:1: no text, .* dataset.encoding=utf-16-le"):
        read(path, NAMED)
    assert read(path, NAMED, encoding="utf-16-le") == ["1 é"]
    with pytest.raises(Mistake, match=r"not utf-16-le .truncated data"):
        read(write(tmp_path / "t", path.read_bytes() + b"x"), NAMED, encoding="utf-16-le")


@pytest.mark.parametrize(
    ("begin", "kind"),
    [(b"ARROW1\0\0", "an Arrow file"), (b"SQLite format 3\0", "a database of SQLite"),
     (b"\x89HDF\r\n", "an HDF5 file"), (b"\x80\x04\x95\0", "a pickle of Python")],
)  # fmt: skip
def test_a_file_of_another_program_is_named(tmp_path, begin, kind):
    with pytest.raises(Mistake, match=f"t: {kind}, which is not read; write it as CSV or Parquet"):
        read(write(tmp_path / "t", begin + b"\0" * 100), NAMED)


def test_a_workbook_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<?xml ?>")
    with pytest.raises(Mistake, match=r"t.xlsx: a workbook, which is not read; write it as CSV"):
        read(tmp_path / "t.xlsx", NAMED)


def test_a_column_may_be_called_by_a_digit_that_is_no_number(tmp_path):
    raw = write(tmp_path / "t", "user,²\n1,2\n")
    assert read(raw, {"user": "user", "item": "²"}) == ["1 2"]
