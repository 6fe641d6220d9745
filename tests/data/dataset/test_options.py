"""Every data set of conf/dataset composes, and a prepared table becomes one of them."""

import re
import runpy
import sys

import polars as pl
import pytest

from bam.config.instantiate import build
from bam.data.dataset.build import store
from tests.conftest import CONF, ROOT, options

MADE = ("file", "planted", "sequences", "synthetic", "table")
SEQUENCES = [name for name in options("dataset") if name.endswith(("_heavy", "_s3rec"))]
RAW = [name for name in options("dataset") if name not in (*MADE, *SEQUENCES)]


@pytest.mark.parametrize("name", RAW)
def test_every_raw_data_set_knows_its_formats_filters_and_download(configured, name):
    config = configured(f"dataset={name}")
    node = config["dataset"]
    parts = {key: build(node[key], f"dataset.{key}") for key in ("formats", "filters", "download")}
    assert node["name"] == name and node["folder"].endswith(f"/data/{name}")
    assert parts["formats"][-1].name == "`user item` lines"
    assert "https://" in parts["download"].by_hand
    assert config["history_length"] > 1


@pytest.mark.parametrize("name", SEQUENCES)
def test_every_data_set_of_sequences_is_pinned_and_names_its_page(configured, name):
    node = configured(f"dataset={name}")["dataset"]
    [origin] = build(node["download"], "dataset.download").origins
    repository, commit = origin.url.split("/")[4], origin.url.split("/")[5]
    assert re.fullmatch("[0-9a-f]{40}", commit) and commit in node["download"]["by_hand"]
    assert repository in node["download"]["by_hand"]
    assert node["name"] == name and node["download"]["folder"].endswith(f"/data/raw/{name}")
    assert set(node["expected"]) == {"users", "items", "interactions"}


def test_every_publisher_is_reached_by_a_config():
    text = "".join(path.read_text() for path in (CONF / "dataset").glob("*.yaml"))
    named = set(re.findall(r"bam\.data\.dataset\.publisher\.(\w+)\.formats", text))
    modules = (ROOT / "bam" / "data" / "dataset" / "publisher").glob("*.py")
    assert named and named == {p.stem for p in modules if "def formats()" in p.read_text()}


@pytest.mark.parametrize(
    ("name", "history_length", "users"),
    [("movies", 50, 22747), ("books", 50, 14905), ("electronics", 30, 64142), ("yelp", 100, 12283)],
)
def test_the_data_sets_of_bam_have_its_history_lengths_and_counts(
    configured, name, history_length, users
):
    config = configured(f"dataset={name}")
    assert config["history_length"] == history_length
    assert config["dataset"]["published"]["users"] == users


def prepare(monkeypatch, tmp_path, *overrides):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["prepare.py", *overrides])
    runpy.run_path(str(ROOT / "scripts" / "prepare.py"), run_name="__main__")


def test_a_table_is_prepared_from_the_command_line_and_becomes_an_option(
    monkeypatch, tmp_path, capsys
):
    pl.DataFrame({"uid": ["a", "a", "b"], "sku": [7, 9, 7]}).write_parquet(tmp_path / "my.parquet")
    columns = "dataset.columns={user: uid, item: sku}"
    names = ("dataset.raw=my.parquet", columns, "dataset.name=mine")
    prepare(monkeypatch, tmp_path, "dataset=table", *names)
    assert capsys.readouterr().out == "data/mine: 2 users, 2 items, 3 interactions\n"
    option = tmp_path / "data" / "conf" / "dataset" / "mine.yaml"
    assert "folder: ${data_dir}/mine\n" in option.read_text()
    assert store.load("mine", "data/mine").items.tolist() == [1, 2, 1]


def test_a_name_that_is_an_option_already_is_not_written_again(monkeypatch, tmp_path):
    prepare(monkeypatch, tmp_path, "dataset=planted")
    assert not (tmp_path / "data" / "conf").exists()


def test_a_misspelt_column_ends_with_one_sentence(monkeypatch, tmp_path):
    (tmp_path / "my.csv").write_text("uid,sku\n1,2\n")
    columns = "dataset.columns={user: usr, item: sku}"
    names = ("dataset.raw=my.csv", columns, "dataset.name=mine")
    problem = "my.csv: column usr is missing; the file has uid, sku"
    with pytest.raises(SystemExit, match=f"^error: {problem}"):
        prepare(monkeypatch, tmp_path, "dataset=table", *names)
    assert not (tmp_path / "data" / "mine").exists()
