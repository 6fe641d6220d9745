"""A folder or zip of several files is read whole, or refused by name."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import polars as pl
import pytest

from bam.data.dataset.append import ANY_TABLE
from bam.data.dataset.publisher import movielens
from bam.data.dataset.read.format import find_format
from bam.errors import Mistake
from tests.data.dataset.own_table import NAMED, PLACED, TIMED, read, write

SPARK = {
    "part-00001.csv": "user,item\n2,x\n",
    "part-00000.csv": "user,item\n1,b\n1,a\n",
    "_SUCCESS": "",
    ".part-00000.csv.crc": "crc",
}
HEADER = "user,item\n1,2\n"
SECONDS, MILLISECONDS = (f"user,item,time\n1,2,1600000000{zeros}\n" for zeros in ("", "000"))
FRAME = pl.DataFrame({"user": [1], "item": [2]})


def folder(tmp_path, files):
    for name, content in files.items():
        write(tmp_path / "parts" / name, content)
    return tmp_path / "parts"


def test_the_parts_of_a_folder_are_read_in_the_order_of_their_names(tmp_path):
    assert read(folder(tmp_path, SPARK), NAMED) == ["1 b", "1 a", "2 x"]


def test_the_parts_of_a_zip_are_read_in_the_order_of_their_names(tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("inside/", "")
        archive.writestr("__MACOSX/part-0", "x")
        for name, content in SPARK.items():
            archive.writestr(f"inside/{name}", content)
    assert read(tmp_path / "two.zip", NAMED) == ["1 b", "1 a", "2 x"]


def test_the_list_of_a_zip_is_not_read_again_for_each_member(tmp_path, monkeypatch):
    opened = []

    class Counted(zipfile.ZipFile):
        def __init__(self, *arguments, **named):
            opened.append(arguments)
            super().__init__(*arguments, **named)

    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for place in range(20):
            archive.writestr(f"{place:02}.csv", f"user,item\n{place},x\n")
    monkeypatch.setattr(zipfile, "ZipFile", Counted)
    assert len(read(tmp_path / "many.zip", NAMED)) == 20
    assert len(opened) == 2  # before the folder is made, and to make it


@pytest.mark.parametrize(
    ("files", "columns", "rows"),
    [
        ({"y=1/m=1/a.csv": HEADER, "y=2/b.csv": "user,item\n3,4\n"}, NAMED, ["1 2", "3 4"]),
        ({"a": "1,2\n", "b": "3,4\n"}, PLACED, ["1 2", "3 4"]),
        ({"a": "1,2\n", "b": gzip.compress(b"")}, PLACED, ["1 2"]),
        ({"a.gz": gzip.compress(b"1,2\n"), "b": "3,4\n"}, PLACED, ["1 2", "3 4"]),
        ({"a": FRAME, "b": FRAME}, NAMED, ["1 2", "1 2"]),
        ({"a": HEADER, "b": "item,user\n3,4\n", "c": ""}, NAMED, ["1 2", "4 3"]),
        ({"a": HEADER, "b": 'more,item,user\n"[7,8]",3,4\n'}, NAMED, ["1 2", "4 3"]),
        ({"a": "x,user,item\n0,1,2\n", "b": HEADER}, {"user": "1", "item": "2"}, ["1 2", "1 2"]),
        ({"a": '{"user":1,"item":2}\n', "b": '{"user":1,"item":3}\n'}, NAMED, ["1 2", "1 3"]),
    ],
)
def test_parts_of_every_kind_are_read_whole(tmp_path, files, columns, rows):
    assert read(folder(tmp_path, files), columns) == rows


@pytest.mark.parametrize(
    ("files", "columns", "sentence"),
    [
        ({"a": HEADER, "b": "item,user,user\n1,2,3\n"}, NAMED, "/b: must have the columns user, "),
        ({"a": HEADER, "b": "3,4\n"}, NAMED, "/b: must have the columns user, item as .*/a has"),
        (
            {"a": "1,2\n", "b": HEADER},
            PLACED,
            "/b: has a header, got 'user,item', and .*/a has none",
        ),
        ({"a": HEADER, "b": '{"user":1}\n'}, NAMED, "got lines of fields and JSON lines"),
        ({"a": FRAME, "b": HEADER}, NAMED, "got Parquet and lines of fields"),
        ({"a": FRAME, "b": FRAME.rename({"item": "sku"})}, NAMED, "/b: column item is missing"),
        ({"a": "1,2\n", "b": "3;4\n"}, PLACED, "/b:1: must have 2 fields, got 1"),
        ({"a": SECONDS, "b": MILLISECONDS}, TIMED, r"/b:2: time is .*dataset.time_format"),
        ({"_SUCCESS": ""}, NAMED, "no known format"),
    ],
)
def test_parts_that_differ_are_refused_by_name(tmp_path, files, columns, sentence):
    with pytest.raises(Mistake, match=sentence):
        read(folder(tmp_path, files), columns)


def test_another_part_makes_another_source(tmp_path):
    raw, where = folder(tmp_path, SPARK), {"folder": str(tmp_path / "data")}
    read(raw, NAMED, **where)
    write(raw / "part-00002.csv", "user,item\n5,5\n")
    with pytest.raises(Mistake, match="was prepared with raw"):
        read(raw, NAMED, **where)


def test_of_a_published_format_one_file_must_be_named(tmp_path):
    line = "userId,movieId,rating,timestamp\n1,2,3,4\n"
    raw = folder(tmp_path, {"ml-20m/ratings.csv": line, "ml-25m/ratings.csv": line})
    with pytest.raises(
        Mistake, match=r"must hold one file .*got .*/ml-20m/.*, .*/ml-25m/.*; name one"
    ):
        find_format(raw, movielens.formats())


def test_what_links_lead_to_is_read_once_and_a_loop_ends(tmp_path):
    raw, other = folder(tmp_path, {"a.csv": HEADER}), tmp_path / "other"
    write(other / "b.csv", "user,item\n3,4\n")
    (raw / "one").symlink_to(other)
    (raw / "two").symlink_to(other)
    (other / "back").symlink_to(raw)
    (raw / "0.csv").symlink_to("a.csv")
    (raw / "0").symlink_to("day")
    write(raw / "day" / "c.csv", "user,item\n5,6\n")
    assert read(raw, NAMED) == ["1 2", "3 4", "5 6"]
    parts, _ = find_format(raw, [ANY_TABLE])
    assert [str(part.path.relative_to(raw)) for part in parts] == [
        "a.csv",
        "day/c.csv",
        "one/b.csv",
    ]


def test_a_folder_that_cannot_be_read_is_left_out_with_a_line(tmp_path, monkeypatch, caplog):
    raw, original = folder(tmp_path, {"a.csv": HEADER, "lost/b.csv": HEADER}), Path.iterdir

    def refused(path):
        if path.name == "lost":
            raise PermissionError(13, "Permission denied")
        return original(path)

    monkeypatch.setattr(Path, "iterdir", refused)
    assert read(raw, NAMED) == ["1 2"]
    assert f"{raw / 'lost'} is left out: Permission denied" in caplog.text


@pytest.mark.parametrize("header", ["auto", "false"])
def test_later_parts_are_read_as_the_first_one(tmp_path, header):
    files = {"0.tsv": "u1\tBach\nu1\tMozart, W. A.\nu2\tBach\nu2\tBerg\n",
             "1.tsv": "u3\tMozart, W. A.\n"}  # fmt: skip
    assert read(folder(tmp_path, files), PLACED, header=header) == [
        "u1 Bach", "u1 Mozart, W. A.", "u2 Bach", "u2 Berg", "u3 Mozart, W. A."]  # fmt: skip


def test_a_link_to_nothing_is_named_where_it_may_be_a_part(tmp_path):
    raw = folder(tmp_path, {"a.csv": HEADER})
    (raw / ".b.csv").symlink_to("lost")  # as editors make them
    assert read(raw, NAMED) == ["1 2"]
    (raw / "b.csv").symlink_to("lost")
    with pytest.raises(Mistake, match=r"b\.csv: a link to a file that does not exist"):
        read(raw, NAMED)


def test_a_packed_part_of_nothing_is_empty(tmp_path):
    raw = folder(tmp_path, {"part-0.csv.gz": gzip.compress(HEADER.encode())})
    with gzip.open(raw / f"part-1{'x' * 200}.csv.gz", "wb"):
        pass
    assert (raw / f"part-1{'x' * 200}.csv.gz").stat().st_size > 200
    assert read(raw, NAMED) == ["1 2"]


def test_a_gzipped_file_in_a_zip_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("d/a.csv.gz", gzip.compress(HEADER.encode()))
        archive.writestr("d/b.csv", HEADER)
    assert read(tmp_path / "x.zip", NAMED) == ["1 2", "1 2"]


PACKERS = {
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "gzip, twice": lambda data: gzip.compress(gzip.compress(data)),
    "zip": lambda data: b"PK\x03\x04" + data,
    "tar": lambda data: data.ljust(257, b"\0") + b"ustar" + bytes(250),
}


@pytest.mark.parametrize("kind", PACKERS)
def test_what_is_packed_in_another_way_is_named(tmp_path, kind):
    packed = PACKERS[kind](HEADER.encode())
    with pytest.raises(Mistake, match=f"packed by {kind}, or damaged; unpack it, or down"):
        read(folder(tmp_path, {"a.csv": packed}), NAMED)
