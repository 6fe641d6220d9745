"""Features of items: read from any file, stored beside the interactions, and open later."""

import gzip
import json
import re

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors
from torch import tensor

from bam.config.instantiate import build
from bam.data.dataset.append import append
from bam.data.dataset.build import store
from bam.data.features import feature_names, read_categories, read_vectors
from bam.errors import Mistake
from tests.data.dataset.own_table import NAMED, USUAL, prepare, write
from tests.data.dataset.tiny_raw import no_filters

TEXT = "user,item\nu,b\nu,a\nv,a\nv,c\n"  # the items a, b, c are 1, 2, 3
BRANDS = "item,brand\nb,x|y\na,y\nz,new\nb,second\n"
VECTORS = np.array([[1, 2], [3, 4], [5, 6]], np.float32)


def prepared(tmp_path, **changed):
    raw = tmp_path / "mine.csv"
    return prepare(raw if raw.exists() else write(raw, TEXT), NAMED, **changed)


def given(tmp_path, name, content):
    return {name.partition(".")[0]: str(write(tmp_path / name, content))}


def vector_files(tmp_path):
    """The same vectors in each form; z is no item of the data set."""
    ids = ["b", "z", "a"]
    frame = pl.DataFrame({"item": ids, "text": VECTORS.tolist()})
    write(tmp_path / "text.parquet", frame)
    np.save(tmp_path / "text.npy", VECTORS)
    write(tmp_path / "text.txt", "\n".join(ids) + "\n")
    return [tmp_path / "text.parquet", tmp_path / "text.npy"]


def test_categories_are_numbered_in_the_order_of_items(tmp_path):
    data = prepared(tmp_path, features=given(tmp_path, "brand.csv", BRANDS))
    assert feature_names(data.folder) == ["brand"] and data.num_items == 3
    assert read_categories(data, "brand").tolist() == [[0, 0], [1, 0], [2, 1], [0, 0]]


@pytest.mark.parametrize("form", [0, 1])
def test_vectors_are_read_from_every_form_and_are_0_where_there_is_none(tmp_path, form):
    data = prepared(tmp_path, features={"text": str(vector_files(tmp_path)[form])})
    assert read_vectors(data, "text").tolist() == [[0, 0], [5, 6], [1, 2], [0, 0]]


def test_vectors_of_numbered_items_are_read_from_safetensors(tmp_path):
    raw = write(tmp_path / "n.csv", "user,item\nu,7\nu,12\nv,7\n")
    save_file({"item": np.array([12, 7]), "vector": VECTORS[:2]}, tmp_path / "text.safetensors")
    data = prepare(raw, NAMED, features={"text": str(tmp_path / "text.safetensors")})
    assert read_vectors(data, "text").tolist() == [[0, 0], [3, 4], [1, 2]]


def test_a_list_of_texts_or_whole_numbers_is_of_categories(tmp_path):
    frame = pl.DataFrame({"item": ["a", "b"], "tag": [["x", "y"], ["y"]], "code": [[3], [3, 4]]})
    path = str(write(tmp_path / "items.parquet", frame))
    data = prepared(tmp_path, features={"tag": path, "code": path})
    assert feature_names(data.folder) == ["code", "tag"]
    for name, expected in {"tag": [[1, 2], [2, 0]], "code": [[1, 0], [1, 2]]}.items():
        assert read_categories(data, name)[1:3].tolist() == expected


def test_features_change_the_checksum_and_their_absence_nothing(tmp_path):
    plain = prepared(tmp_path)
    brand = prepared(tmp_path, features=given(tmp_path, "brand.csv", BRANDS))
    other = prepared(tmp_path, features=given(tmp_path, "brand.csv", BRANDS.replace("x", "w")))
    text = prepared(tmp_path, features={"text": str(vector_files(tmp_path)[0])})
    assert len({one.checksum for one in (plain, brand, other, text)}) == 4
    assert not list(plain.folder.glob("feature-*"))


def test_a_damaged_feature_is_refused(tmp_path):
    data = prepared(tmp_path, features=given(tmp_path, "brand.csv", BRANDS))
    (data.folder / "feature-brand.tsv").write_text("item\tvalue\n1\tother\n")
    with pytest.raises(Mistake, match=r"feature-brand.tsv: damaged"):
        store.load("mine", str(data.folder))


def test_a_folder_of_an_earlier_version_is_opened_and_one_with_other_features_refused(tmp_path):
    folder = str(tmp_path / "made")
    data = prepared(tmp_path, folder=folder)
    manifest = json.loads((data.folder / "manifest.json").read_text())
    manifest = {k: v for k, v in manifest.items() if k not in ("features", "cold_items")}
    (data.folder / "manifest.json").write_text(json.dumps(manifest))
    (data.folder / "SHA256SUMS").unlink()
    assert prepared(tmp_path, folder=folder).checksum == data.checksum
    with pytest.raises(Mistake, match=r"was prepared with features.brand.bytes None, not \d+"):
        prepared(tmp_path, folder=folder, features=given(tmp_path, "brand.csv", BRANDS))
    file = given(tmp_path, "names.csv", BRANDS.replace("brand", "names"))["names"]
    with pytest.raises(Mistake, match=r"was prepared with features\.names\.bytes None"):
        prepared(tmp_path, folder=folder, features={"names": file})


def test_items_of_a_feature_or_the_catalogue_alone_are_items_where_it_is_wished(tmp_path):
    titles = write(tmp_path / "titles.csv", "item,title,kind\na,A,drama\nq,Q,comedy\n")
    described = {
        "features": given(tmp_path, "brand.csv", BRANDS),
        "catalogue": str(titles),
        "catalogue_columns": {"item": "item", "title": "title", "genres": "kind"},
    }
    warm = prepared(tmp_path, **described)
    cold = prepared(tmp_path, **described, cold_items=True)
    assert warm.num_items == 3 and cold.num_items == 5
    assert torch.equal(warm.items, cold.items)
    names = store.read_catalogue(cold.folder)
    assert names["original_id"].to_list() == ["a", "b", "c", "q", "z"]
    assert names["title"].fill_null("").to_list() == ["A", "", "", "Q", ""]
    assert feature_names(cold.folder) == ["genres", "brand"]
    assert read_categories(cold, "genres").tolist() == [[0], [1], [0], [0], [2], [0]]
    assert read_categories(cold, "brand")[5].tolist() == [3, 0]


def test_an_appended_table_keeps_the_features_and_new_items_have_none(tmp_path):
    files = {**given(tmp_path, "brand.csv", BRANDS), "text": str(vector_files(tmp_path)[1])}
    earlier = prepared(tmp_path, features=files)
    more = write(tmp_path / "more.csv", "user,item\nv,a0\nw,a\n")
    reading = {**USUAL, "columns": {}}
    data = append(earlier, tmp_path / "data", more, reading, "", {})
    assert data.num_items == 4
    assert read_vectors(data, "text").tolist() == [[0, 0], [5, 6], [1, 2], [0, 0], [0, 0]]
    before = read_categories(earlier, "brand")
    assert torch.equal(read_categories(data, "brand"), torch.cat([before, tensor([[0, 0]])]))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("brand.csv", "item,other\na,b\n", "column brand"),
        ("genres.csv", "item,genres\na,b\n", "features must have names .* not genres, got 'genre"),
        ("brand.csv", "item,brand\nq,b\n", "features.brand must name items .*, got .*q"),
        ("brand.npy", b"no array", "brand.npy: unreadable as features|must have its items beside"),
        ("brand.parquet", pl.DataFrame({"item": ["a", "b"], "brand": [[1.0], [1.0, 2.0]]}),
         "vectors must have one length"),
        ("brand.parquet", pl.DataFrame({"item": ["a"], "brand": [[float("nan")]]}),
         "finite numbers"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_named_and_leaves_nothing(tmp_path, name, content, sentence):
    with pytest.raises(Mistake, match=sentence):
        prepared(tmp_path, folder=str(tmp_path / "made"), features=given(tmp_path, name, content))
    assert not (tmp_path / "made").exists()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Mistake, match=r"features.brand must be a file that exists, got 'no.csv'"):
        prepared(tmp_path, features={"brand": "no.csv"})


def test_the_categories_of_amazons_metadata_are_genres(configured, tmp_path):
    asins = ["B000000001", "B000000002", "B000000003"]
    lines = [f"u{user},{asin},5.0,{1400000000 + user}" for user in range(2) for asin in asins]
    raw = write(tmp_path / "ratings_Toys.csv", "\n".join(lines) + "\n")
    about = [{"asin": asin, "title": asin, "categories": [["Toys", kind]]}
             for asin, kind in zip(asins, ("Games", "Kites"), strict=False)]  # fmt: skip
    about.append({"asin": "B000000009", "title": "never bought", "categories": [["Toys"]]})
    write(tmp_path / "meta_Toys.json", "\n".join(map(json.dumps, about)) + "\n")
    node = configured("dataset=amazon", f"dataset.raw={raw}", "dataset.name=toys")["dataset"]
    data = build({**node, "filters": no_filters(), "folder": str(tmp_path / "made")}, "dataset")
    assert feature_names(data.folder) == ["genres"] and data.num_items == 3
    assert read_categories(data, "genres").tolist() == [[0, 0], [1, 2], [1, 3], [0, 0]]


def test_ids_of_features_and_titles_are_written_as_those_of_the_items(tmp_path):
    raw = write(tmp_path / "mine.csv", "user,item\nu,1\nu,2\n")
    items = "item,brand,name\n1.0,x,One\n2.0,y,Two\nz,w,No\n"
    columns = {"item": "item", "title": "name", "genres": ""}
    path = str(write(tmp_path / "brand.csv", items))
    own = {"features": {"brand": path}, "catalogue": path, "catalogue_columns": columns}
    data = prepare(raw, NAMED, **own)
    assert read_categories(data, "brand").tolist() == [[0], [1], [2]]
    assert store.read_catalogue(data.folder)["title"].to_list() == ["One", "Two"]


def test_a_mark_of_the_encoding_is_no_part_of_an_id(tmp_path):
    np.save(tmp_path / "text.npy", VECTORS)
    write(tmp_path / "text.txt", b"\xef\xbb\xbfa\r\nb\r\nc\r\n")
    data = prepared(tmp_path, features={"text": str(tmp_path / "text.npy")})
    assert read_vectors(data, "text")[1].tolist() == [1, 2]


def test_spaces_around_a_category_do_not_matter(tmp_path):
    brands = "item,brand\na,x | y\nb,y|x \n"
    data = prepared(tmp_path, features=given(tmp_path, "brand.csv", brands))
    assert read_categories(data, "brand").tolist() == [[0, 0], [1, 2], [2, 1], [0, 0]]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([["x"], ["y"]], pl.Array(pl.String, 1)),
        ([[1], [2]], pl.Array(pl.Int64, 1)),
        ([["x"], ["y"]], pl.List(pl.String)),
    ],
)
def test_lists_of_one_length_are_categories(tmp_path, values, kind):
    frame = pl.DataFrame({"item": ["a", "b"], "brand": pl.Series(values, dtype=kind)})
    data = prepared(tmp_path, features=given(tmp_path, "brand.parquet", frame))
    assert read_categories(data, "brand").tolist() == [[0], [1], [2], [0]]


@pytest.mark.parametrize("values", [[{"x": 1}, {"x": 2}], [b"\xff", b"\xfe"]])
def test_a_feature_of_another_type_is_refused_in_one_sentence(tmp_path, values):
    frame = pl.DataFrame({"item": ["a", "b"], "brand": values})
    with pytest.raises(Mistake, match=r"brand.parquet: (unreadable|column brand must hold)"):
        prepared(tmp_path, features=given(tmp_path, "brand.parquet", frame))


@pytest.mark.parametrize(
    "vectors", [np.ones((3, 2), complex), np.ones((3, 0)), np.full((3, 2), "x"), np.ones(3)]
)
def test_vectors_of_no_real_numbers_are_refused(tmp_path, vectors):
    np.save(tmp_path / "text.npy", vectors)
    write(tmp_path / "text.txt", "a\nb\nc\n")
    with pytest.raises(Mistake, match=r"text.npy: (vectors must be of real|must hold a vector)"):
        prepared(tmp_path, features={"text": str(tmp_path / "text.npy")})


def test_other_ids_beside_vectors_are_noticed(tmp_path):
    np.save(tmp_path / "text.npy", VECTORS)
    same = {"features": {"text": str(tmp_path / "text.npy")}, "folder": str(tmp_path / "data")}
    ids = write(tmp_path / "text.txt", "a\nb\nc\n")
    manifest = prepared(tmp_path, **same).folder / "manifest.json"
    write(ids, "c\nb\na")
    with pytest.raises(Mistake, match=r"prepared with features.text.items.bytes 6, not 5"):
        prepared(tmp_path, **same)
    manifest.write_text(re.sub(r',\s*"items": {[^}]*}', "", manifest.read_text()))
    (manifest.parent / "SHA256SUMS").unlink()
    prepared(tmp_path, **same)  # an earlier version did not record them


def test_a_table_of_features_is_in_the_encoding_of_the_data_set(tmp_path):
    raw = write(tmp_path / "t.csv", "user,item\nu,été\n".encode("latin-1"))
    features = given(tmp_path, "brand.csv", "item,brand\nété,É\n".encode("latin-1"))
    data = prepare(raw, NAMED, features=features, encoding="latin-1")
    assert read_categories(data, "brand").tolist() == [[0], [1]]


@pytest.mark.parametrize("name", ["brand.csv", "brand.parquet"])
def test_a_table_without_the_column_is_refused_before_the_data_are_read(tmp_path, name, caplog):
    caplog.set_level("INFO")
    frame = pl.DataFrame({"item": ["a"], "colour": ["x"]})
    content = frame if name.endswith("parquet") else frame.write_csv()
    with pytest.raises(Mistake, match="column brand is missing; the file has item, colour"):
        prepared(tmp_path, features=given(tmp_path, name, content))
    assert "choosing interactions" not in caplog.text


@pytest.mark.parametrize("text", ["[0.1, 0.2]", "[ 1.5e-3 -2.]", "[18, 35]"])
def test_a_list_of_numbers_that_was_written_as_text_is_no_category(tmp_path, text):
    features = given(tmp_path, "text.csv", f'item,text\na,"{text}"\n')
    with pytest.raises(Mistake, match=r"lists that were written as text \(Parquet, JSON lines and"):
        prepared(tmp_path, features=features)


def test_vectors_may_be_of_bfloat16(tmp_path):
    raw = write(tmp_path / "n.csv", "user,item\nu,7\nu,12\nv,7\n")
    path = tmp_path / "text.safetensors"
    save_tensors({"item": tensor([12, 7]), "vector": tensor(VECTORS[:2]).bfloat16()}, path)
    assert read_vectors(prepare(raw, NAMED, features={"text": str(path)}), "text")[1, 0] == 3


@pytest.mark.parametrize("items", [torch.tensor(7), torch.tensor([[7], [12]])])
def test_ids_that_are_no_list_are_refused(tmp_path, items):
    path = tmp_path / "text.safetensors"
    save_tensors({"item": items, "vector": tensor(VECTORS[:2])}, path)
    with pytest.raises(Mistake, match="item must hold one id for each vector"):
        prepared(tmp_path, features={"text": str(path)})


def test_several_arrays_are_no_vectors(tmp_path):
    np.savez(tmp_path / "text.npz", a=VECTORS)
    (tmp_path / "text.npz").rename(tmp_path / "text.npy")
    write(tmp_path / "text.txt", "b\nz\na\n")
    with pytest.raises(Mistake, match=r"text.npy: must hold one array, as numpy.save writes it"):
        prepared(tmp_path, features={"text": str(tmp_path / "text.npy")})


def test_a_blank_line_among_the_items_of_vectors_is_refused(tmp_path):
    path = vector_files(tmp_path)[1]
    write(tmp_path / "text.txt", "b\n\na\n")
    with pytest.raises(Mistake, match=r"text.txt:2: must hold one id a line"):
        prepared(tmp_path, features={"text": str(path)})


def test_packed_parquet_is_unpacked_first(tmp_path):
    frame = pl.DataFrame({"item": ["a"], "text": [[1.0, 2.0]]})
    write(tmp_path / "plain", frame)
    write(tmp_path / "text.gz", gzip.compress((tmp_path / "plain").read_bytes()))
    with pytest.raises(Mistake, match="a Parquet file inside a zip or gz cannot be read; unpack"):
        prepared(tmp_path, features={"text": str(tmp_path / "text.gz")})
