"""A user's own table is read in whichever of the formats it has."""

import gzip
import json
import os
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from bam.data.dataset.build import store
from bam.data.dataset.build.option import write_option
from bam.data.dataset.read import lines as blocks
from bam.data.dataset.read import parquet as readers
from bam.data.dataset.table import table
from bam.errors import Mistake
from bam.records import Interactions
from tests.data.dataset.own_table import FEATURELESS, USUAL
from tests.data.dataset.tiny_raw import no_filters

COLUMNS = {"user": "uid", "item": "sku", "time": "ts", "rating": ""}
FRAME = pl.DataFrame(
    {
        "uid": ["zoë", "zoë", "bob", "zoë"],
        "sku": ["x-9", "x 10", "x-9", "é"],
        "note": ["a, b", 'say "hi"', "two\nlines", ""],
        "ts": [30, 10, 5, 30],
    }
)


def prepare(raw: Path, **changed: object) -> Interactions:
    arguments = {
        "name": "mine",
        "folder": str(raw.parent / "data" / "mine"),
        "raw": str(raw),
        "columns": COLUMNS,
        **USUAL,
        "catalogue": "",
        "catalogue_columns": {"item": "sku", "title": "name", "genres": "kind"},
        "filters": no_filters(),
        **FEATURELESS,
    }
    return table(**{**arguments, **changed})  # type: ignore[arg-type]


def write(path: Path, data: str | bytes) -> Path:
    content = data if isinstance(data, bytes) else data.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def csv(path: Path) -> Path:
    return write(path, FRAME.write_csv())


def bom_and_crlf(path: Path) -> Path:
    return write(path, "\ufeff" + FRAME.write_csv(separator=";", line_terminator="\r\n") + "\r\n")


def tsv_gz(path: Path) -> Path:
    return write(path.with_suffix(".gz"), FRAME.write_csv(separator="\t"))


def json_lines(path: Path) -> Path:
    return write(path, FRAME.write_ndjson())


def parquet(path: Path) -> Path:
    FRAME.with_columns(pl.from_epoch("ts").dt.replace_time_zone("UTC")).write_parquet(path)
    return path


@pytest.mark.parametrize("form", [csv, bom_and_crlf, tsv_gz, json_lines, parquet])
def test_every_kind_of_table_gives_the_same(tmp_path, form):
    data = prepare(form(tmp_path / "table"))
    assert data.offsets.tolist() == [0, 1, 4]  # bob, then zoë
    assert data.items.tolist() == [2, 1, 2, 3]  # x 10 < x-9 < é; equal times in file order
    assert data.times.tolist() == [5, 10, 30, 30]
    users = (data.folder / "users.tsv").read_text()
    assert users == "user\toriginal_id\n0\tbob\n1\tzoë\n"


def test_without_a_time_the_file_is_in_order(tmp_path):
    data = prepare(csv(tmp_path / "t.csv"), columns={"user": "uid", "item": "sku"})
    assert data.items.tolist() == [2, 2, 1, 3] and len(data.times) == 0


def test_without_a_header_columns_are_positions(tmp_path):
    text = FRAME.write_csv(include_header=False)
    places = {"user": "0", "item": "1", "time": "3"}
    assert prepare(write(tmp_path / "t.csv", text), columns=places).items.tolist() == [2, 1, 2, 3]


def test_a_last_field_may_be_empty(tmp_path):
    text = 'uid,sku,ts,note\na,b,1,"x,y"\n\na,c,2,\nb,c,3,\n'
    data = prepare(write(tmp_path / "t", text))
    assert data.items.tolist() == [1, 2, 2] and data.offsets.tolist() == [0, 2, 3]


def test_spaces_within_an_id_are_one(tmp_path):
    text = "uid,sku,ts\na b,x  y,1\na  b,x\ty,2\na\u00a0b,z,3\n"
    data = prepare(write(tmp_path / "t", text))
    assert data.items.tolist() == [1, 1, 2] and len(store.read_user_ids(data.folder)) == 1


def test_a_quoted_field_may_cross_a_block(tmp_path, monkeypatch):
    whole = prepare(csv(tmp_path / "t.csv"))
    for size in (7, 20, 40):
        monkeypatch.setattr(blocks, "SIZE", size)
        folder = str(tmp_path / f"{size}")
        assert prepare(tmp_path / "t.csv", folder=folder).items.equal(whole.items)


def test_a_single_quote_does_not_stop_the_reading(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "SIZE", 50)
    monkeypatch.setattr(blocks, "LONGEST", 200)
    lines = ["uid,sku,ts", 'a,5" nail,1', *(f"a,b,{n}" for n in range(2, 200))]
    assert len(prepare(write(tmp_path / "t.csv", "\n".join(lines))).items) == 199


def test_parquet_is_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "ROWS", 3)
    assert prepare(parquet(tmp_path / "t.parquet")).items.tolist() == [2, 1, 2, 3]


def test_titles_come_from_a_table_of_items(tmp_path):
    skus, names, kinds = ["é", "x-9", "unrated"], ["E", "Nine", "None"], [["a", "b"], ["c"], []]
    items = pl.DataFrame({"sku": skus, "name": names, "kind": kinds})
    items.write_ndjson(tmp_path / "items.jsonl")
    data = prepare(csv(tmp_path / "t.csv"), catalogue=str(tmp_path / "items.jsonl"))
    assert store.read_catalogue(data.folder).rows() == [
        (1, "x 10", None, None),
        (2, "x-9", "Nine", "c"),
        (3, "é", "E", "a|b"),
    ]


@pytest.mark.parametrize(
    "items",
    [
        'sku,name\nx-9,5" nail\nx 10,6" nail\né,E\n',
        'sku\tname\nx-9\t5" nail\nx 10\t"6"" nail"\né\tE\n',
        'x-9;5" nail;\nx 10;6" nail;\né;E;\n',
    ],
)
def test_titles_are_read_as_carefully_as_interactions(tmp_path, items):
    places = {"item": "0", "title": "1"} if ";" in items else {"item": "sku", "title": "name"}
    described = {"catalogue": str(write(tmp_path / "items", items)), "catalogue_columns": places}
    data = prepare(csv(tmp_path / "t.csv"), **described)
    assert store.read_catalogue(data.folder)["title"].to_list() == ['6" nail', '5" nail', "E"]


def test_titles_in_another_encoding_are_refused_until_it_is_named(tmp_path):
    path = write(tmp_path / "items", "sku,name\nx-9,café\n".encode("latin-1"))
    table_of_items = {"item": "sku", "title": "name"}
    described = {"catalogue": str(path), "catalogue_columns": table_of_items}
    plain = write(tmp_path / "t.csv", "uid,sku,ts\na,x-9,1\n")
    with pytest.raises(Mistake, match="items:2: not UTF-8"):
        prepare(plain, **described)
    data = prepare(plain, **described, encoding="latin-1")
    assert store.read_catalogue(data.folder)["title"].to_list() == ["café"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"columns": {"user": "uid"}}, "columns must name the column of item"),
        ({"columns": {**COLUMNS, "item": "SKU"}}, "column SKU is missing; the file has uid, sku"),
        ({"columns": {**COLUMNS, "when": "ts"}}, "columns must be .* user, item.* got one of when"),
        ({"name": ""}, "name must be letters"),
        ({"name": "../x"}, "name must be letters"),
        ({"catalogue": "nowhere.csv"}, "catalogue must be a file that exists, got 'nowhere"),
    ],
)
def test_a_wrong_option_is_named(tmp_path, changed, sentence):
    path = csv(tmp_path / "t.csv")
    with pytest.raises(Mistake, match=sentence):
        prepare(path, **changed)
    assert not (tmp_path / "data" / "mine").exists()


def test_a_table_must_be_given(tmp_path):
    arguments = {"columns": COLUMNS, **USUAL, "catalogue": "", "catalogue_columns": {}}
    with pytest.raises(Mistake, match=r"raw must be a CSV.* got ''"):
        table("mine", str(tmp_path / "mine"), "", **arguments, **FEATURELESS, filters=no_filters())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("uid,sku,ts\na,b,1\n,b,1\n", r"t:3: user is missing or unreadable, got ''"),
        ('uid,sku,ts\n"a\nb",c,1\na,b,noon\n', r"t:4: time is missing or unreadable, got 'noon'"),
        ("uid,sku,ts\na,b,1\n,,\n", r"t:3: user is missing"),
        ("uid,sku,ts,note\na,b,1,x\na,b,2\nb,c,3,y\n", "t:3: must have 4 fields, got 3"),
        ('uid,sku,ts,note\na,b,1,"x,\ny"\na,b,2,\na,b,2\n', "t:5: must have 4 fields, got 3"),
        ("uid,sku,ts\n", "t: empty; it must hold interactions"),
        ("", "t: empty; it must hold lines of fields"),
        ('{"uid": 1, "sku": 2}\n', "t: column ts is missing; the file has uid, sku"),
        ('{"uid": 1,\n', "t:1: must be one JSON object a line"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, text, sentence):
    with pytest.raises(Mistake, match=sentence):
        prepare(write(tmp_path / "t", text))


def test_a_hole_in_a_parquet_file_is_named(tmp_path):
    FRAME.with_columns(sku=pl.Series(["a", None, "b", "c"])).write_parquet(tmp_path / "t")
    with pytest.raises(Mistake, match="row 2: sku is missing"):
        prepare(tmp_path / "t")


def test_a_damaged_parquet_file_is_refused(tmp_path):
    with pytest.raises(Mistake, match=r"t: unreadable .* write it again"):
        prepare(write(tmp_path / "t", b"PAR1 and then nothing"))


def test_numbers_and_dates_of_any_kind_are_read(tmp_path):
    frame = pl.DataFrame({"uid": [2, 10], "sku": [1.5, 2.5], "ts": [datetime(2020, 1, 1)] * 2})
    frame.write_parquet(tmp_path / "t")
    data = prepare(tmp_path / "t")
    assert data.times.tolist() == [1577836800] * 2
    assert "0\t2\n1\t10\n" in (data.folder / "users.tsv").read_text()  # 2 before 10: numbers


def test_a_folder_prepared_with_other_columns_is_refused(tmp_path):
    path = csv(tmp_path / "t.csv")
    prepare(path)
    with pytest.raises(Mistake, match="was prepared with read_as"):
        prepare(path, columns={"user": "uid", "item": "sku"})


def test_the_prepared_table_becomes_an_option(tmp_path):
    data = prepare(csv(tmp_path / "t.csv"))
    place = tmp_path / "data"
    option = write_option(data.folder, "mine", "2 users", place, history_length=30).read_text()
    assert option.startswith("# Prepared before: 2 users\n")
    assert "history_length: 30\n" in option and "folder: ${data_dir}/mine\n" in option
    again = store.load("mine", str(data.folder))
    assert again.items.equal(data.items) and again.num_items == 3
    with pytest.raises(Mistake, match="folder must be that of a prepared data set"):
        store.load("mine", str(tmp_path / "gone"))


def test_a_line_of_json_may_have_other_keys(tmp_path):
    rows = [{"uid": "a", "sku": n, "ts": n, "more": {"deep": [n]}} for n in (2, 1)]
    path = write(tmp_path / "t.jsonl", "\n".join(map(json.dumps, rows)))
    assert prepare(path).items.tolist() == [1, 2]


def again(tmp_path, **changed):
    return prepare(tmp_path / "t", columns={"user": "uid", "item": "sku"}, **changed)


def test_a_catalogue_that_has_changed_is_noticed(tmp_path):
    csv(tmp_path / "t")
    items = write(tmp_path / "items.csv", "sku,name,kind\nx-9,Nine,A\n")
    again(tmp_path, catalogue=str(items))
    again(tmp_path, catalogue=str(items))
    write(items, "sku,name,kind\nx-9,Another,B\n")
    with pytest.raises(Mistake, match=r"was prepared with catalogue\.(bytes|modified)"):
        again(tmp_path, catalogue=str(items))


def test_features_that_are_not_given_any_more_are_noticed(tmp_path):
    csv(tmp_path / "t")
    brand = write(tmp_path / "brand.csv", "item,brand\nx-9,A\n")
    again(tmp_path, features={"brand": str(brand)})
    with pytest.raises(Mistake, match=r"was prepared with features.brand, which is not given"):
        again(tmp_path)


def test_a_file_of_several_that_an_older_one_of_the_same_size_replaces_is_noticed(tmp_path):
    (tmp_path / "t").mkdir()
    for name, item in (("a", "x"), ("b", "y")):
        write(tmp_path / "t" / name, f"uid,sku\nu,{item}\n")
    again(tmp_path)
    write(tmp_path / "t" / "a", "uid,sku\nu,z\n")
    os.utime(tmp_path / "t" / "a", (1, 1))
    with pytest.raises(Mistake, match=r"was prepared with raw.each \w{16}, not"):
        again(tmp_path)


def test_files_in_another_order_are_noticed(tmp_path):
    (tmp_path / "t").mkdir()
    for name, item in (("a", "x"), ("b", "y")):
        write(tmp_path / "t" / name, f"uid,sku\nu,{item}\n")
    again(tmp_path)
    (tmp_path / "t" / "a").rename(tmp_path / "t" / "c")
    with pytest.raises(Mistake, match=r"was prepared with raw.names \['a', 'b'\]"):
        again(tmp_path)
