"""A published data set is prepared once, whole, and only with the options given."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bam.data.dataset.build import store
from bam.data.dataset.build.download import Download, Url
from bam.data.dataset.prepare import prepare as prepare_dataset
from bam.data.dataset.publisher.movielens import formats
from bam.errors import Mistake
from bam.records import Interactions
from bam.system.checksums import SUMS
from bam.system.failure import explain
from tests.data.dataset.own_table import FEATURELESS
from tests.data.dataset.tiny_raw import ITEMS, RATINGS, no_filters

ADDRESS = "https://data.example.invalid/ml-100k.zip"


def prepare(raw: Path | str, folder: Path, **changed: object) -> Interactions:
    arguments = {
        "name": "tiny",
        "folder": str(folder),
        "raw": str(raw),
        "download": Download(origins=[], folder=str(folder.parent / "raw"), by_hand="fetch it"),
        "formats": formats(),
        "filters": no_filters(),
        **FEATURELESS,
        "expected": {},
        "published": {},
    }
    return prepare_dataset(**{**arguments, **changed})  # type: ignore[arg-type]


def test_users_are_sorted_by_time_and_equal_times_stay_in_file_order(raw, tmp_path):
    data = prepare(raw, tmp_path / "out")
    assert data.offsets.tolist() == [0, 2, 5]
    assert data.items.tolist() == [1, 2, 3, 2, 1]  # user 2: 4 30; user 7: 111, then 30 before 4
    assert data.times.tolist() == [500, 600, 100, 900, 900]
    assert data.num_items == 3


def test_items_are_numbered_in_the_order_of_their_original_ids_as_numbers(raw, tmp_path):
    catalogue = store.read_catalogue(prepare(raw, tmp_path / "out").folder)
    assert catalogue["original_id"].to_list() == ["4", "30", "111"]
    assert catalogue["title"].to_list()[0] == "Toy Story (1995)"
    assert catalogue["genres"].to_list()[0] == "Animation|Children's|Comedy"


def zipped(raw: Path) -> Path:
    path = raw.parent / "ml-100k.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(raw / "u.data", "ml-100k/u.data")
        archive.write(raw / "u.item", "ml-100k/u.item")
    return path


def recbole(raw: Path) -> Path:
    path = raw.parent / "tiny.inter"
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
    path.write_text("\n".join([header, *RATINGS]) + "\n")
    items = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    path.with_suffix(".item").write_text(
        items + "4\tToy Story\t1995\tAnimation Children's Comedy\n"
    )
    return path


@pytest.mark.parametrize("form", [zipped, recbole, lambda raw: raw / "u.data"])
def test_every_form_of_the_raw_file_gives_the_same(raw, tmp_path, form):
    folder, other = prepare(raw, tmp_path / "a"), prepare(form(raw), tmp_path / "b")
    assert folder.items.equal(other.items) and folder.times.equal(other.times)
    assert store.read_catalogue(folder.folder).equals(store.read_catalogue(other.folder))


def test_the_one_film_without_a_title_is_unknown_in_every_source(tmp_path):
    path = tmp_path / "x.inter"
    path.write_text("user_id:token\titem_id:token\n1\t267\n")
    items = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    (tmp_path / "x.item").write_text(items + "267\tunkonwn\tunkonwn\tunknown\n")
    catalogue = store.read_catalogue(prepare(path, tmp_path / "out").folder)
    assert catalogue.row(0) == (1, "267", "unknown", "unknown")


def test_the_manifest_has_source_checksum_filters_and_counts(raw, tmp_path):
    folder = prepare(raw, tmp_path / "out").folder
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["counts"] == {"users": 2, "items": 3, "interactions": 5, "num_items": 3}
    assert manifest["source"].endswith("u.data") and len(manifest["sha256"]) == 64
    assert manifest["filters"]["min_rating"] == 0 and manifest["format"] == store.FORMAT


def test_a_prepared_folder_is_not_prepared_again(raw, tmp_path):
    first = prepare(raw, tmp_path / "out")
    (raw / "u.data").unlink()
    assert prepare("", tmp_path / "out").items.equal(first.items)


def test_where_data_cannot_be_written_the_sentence_names_data_dir(raw, tmp_path):
    (tmp_path / "data").write_text("a file in the way; root may write to any folder")
    with pytest.raises(OSError) as refused:
        prepare(raw, tmp_path / "data" / "out")
    assert re.search(r"/data: must be a folder, .*data_dir", str(explain(refused.value)))


def test_a_folder_prepared_with_other_filters_is_refused(raw, tmp_path):
    prepare(raw, tmp_path / "out")
    with pytest.raises(
        Mistake,
        match=r"was prepared with filters.min_rating 0.0, not 4.0; choose another dataset.name",
    ):
        prepare(raw, tmp_path / "out", filters=no_filters(min_rating=4.0))


def test_a_folder_prepared_from_another_raw_file_is_refused(raw, tmp_path):
    prepare(raw, tmp_path / "out")
    (raw / "u.data").write_text(RATINGS[0])
    with pytest.raises(Mistake, match="was prepared with raw"):
        prepare(raw, tmp_path / "out")


def test_unexpected_counts_are_refused_and_leave_nothing_behind(raw, tmp_path):
    with pytest.raises(Mistake, match="must hold 943 users, got 2"):
        prepare(raw, tmp_path / "data" / "out", expected={"users": 943})
    assert [p.name for p in (tmp_path / "data").iterdir()] == [".out.lock"]


def test_counts_that_are_not_the_published_ones_give_a_warning(raw, tmp_path, caplog):
    prepare(raw, tmp_path / "out", published={"users": 943, "items": 3})
    assert "tiny is not the published tiny: 2 users, not 943" in caplog.text


def test_a_source_with_the_published_counts_is_not_filtered_again(raw, tmp_path):
    published = {"users": 2, "items": 3, "interactions": 5}
    filters = no_filters(min_rating=3.0)
    assert len(prepare(raw, tmp_path / "a", filters=filters, published=published).items) == 5
    assert len(prepare(raw, tmp_path / "b", filters=filters).items) == 3


def test_a_file_in_the_published_format_is_not_filtered(tmp_path, caplog):
    (tmp_path / "x.txt").write_text("1 3\n1 1\n2 2\n")
    filters = no_filters(user_core=20, item_core=20)
    published = {"users": 2, "items": 4, "interactions": 3}
    data = prepare(tmp_path / "x.txt", tmp_path / "out", filters=filters, published=published)
    assert data.items.tolist() == [3, 1, 2] and data.offsets.tolist() == [0, 2, 3]
    assert "tiny is not the published tiny: 3 items, not 4" in caplog.text
    assert prepare("", tmp_path / "out", filters=filters).items.equal(data.items)


def test_a_published_file_that_an_earlier_version_filtered_is_refused(tmp_path):
    (tmp_path / "x.txt").write_text("1 3\n1 1\n2 2\n")
    prepare(tmp_path / "x.txt", tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    del manifest["taken_as_it_is"]
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "out" / SUMS).unlink()  # an earlier version wrote none
    with pytest.raises(Mistake, match="was prepared with taken_as_it_is False, not True"):
        prepare(tmp_path / "x.txt", tmp_path / "out")


def test_a_malformed_line_is_named(raw, tmp_path):
    (raw / "u.data").write_text("1\t2\t3\t4\n1\t2\t3\t4\n1\t2\t3\n")
    with pytest.raises(Mistake, match=r"u.data:3: must have 4 fields, got 3"):
        prepare(raw, tmp_path / "out")
    (raw / "u.data").write_text("1\t2\t3\t4\n\n1\t2\t3\t4\t5\n")
    with pytest.raises(Mistake, match=r"u.data:3: must have 4 fields, got 5"):
        prepare(raw, tmp_path / "out")
    (raw / "u.data").write_text("1\t2\t3\t4\n1\t2\tgood\t4\n")
    with pytest.raises(Mistake, match=r"u.data:2: rating is .*'good'"):
        prepare(raw, tmp_path / "out")


def test_a_raw_file_that_does_not_exist_or_has_no_known_format_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("hello\n")
    with pytest.raises(Mistake, match=r"no known format; this data set is read from: u.data"):
        prepare(tmp_path / "x.csv", tmp_path / "out")
    with pytest.raises(Mistake, match=r"dataset.raw must be a file or folder that exists"):
        prepare(tmp_path / "none", tmp_path / "out")


def test_without_a_reachable_origin_the_message_names_what_to_download(tmp_path, caplog):
    caplog.set_level("INFO")
    away = Url(url=ADDRESS, sha256="0" * 64, max_mb=1, timeout=1.0)
    download = Download(origins=[away], folder=str(tmp_path / "raw"), by_hand="x.zip from example")
    with pytest.raises(
        Mistake, match=r"download x.zip from example, and give its path as dataset.raw=PATH"
    ):
        prepare("", tmp_path / "out", download=download)
    assert "a download failed" in caplog.text


def test_a_folder_with_other_files_is_not_touched(raw, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("precious")
    with pytest.raises(Mistake, match="must be new or a prepared data set"):
        prepare(raw, tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").read_text() == "precious"


TWO = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from bam.data.dataset.build.once import make_once
def build(folder):
    with Path({log!r}).open("a") as log:
        log.write("built ")
    time.sleep(0.5)
    return {{"counts": 1}}
make_once(Path({out!r}), {{"format": 1}}, build)
"""


def test_two_processes_started_together_prepare_once(tmp_path):
    tests, log, out = str(Path(__file__).parent), str(tmp_path / "log"), str(tmp_path / "out")
    code = TWO.format(tests=tests, log=log, out=out)
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    assert Path(log).read_text() == "built "
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == {
        "format": 1,
        "counts": 1,
    }


@pytest.mark.parametrize(("old", "new"), [("", ITEMS[0]), (ITEMS[0], ""), (ITEMS[0], "4|Two|1")])
def test_titles_beside_the_raw_file_that_have_changed_are_noticed(raw, tmp_path, old, new):
    for text in (old, old, new):
        (raw / "u.item").unlink(missing_ok=True)
        if text:
            (raw / "u.item").write_text(text)
            os.utime(raw / "u.item", (1, 1))
        if text == new:
            with pytest.raises(
                Mistake, match=r"was prepared with catalogue\.bytes (\d+|None), not"
            ):
                prepare(raw, tmp_path / "out")
        else:
            prepare(raw, tmp_path / "out")


def test_a_folder_of_which_the_titles_were_not_recorded_opens(raw, tmp_path):
    prepare(raw, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    del manifest["catalogue"]
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "out" / SUMS).unlink()  # an earlier version wrote none
    prepare(raw, tmp_path / "out")


def test_titles_that_cannot_be_read_are_named(raw, tmp_path):
    (raw / "u.item").write_text("4|Toy Story (1995)|0|1\n")
    with pytest.raises(Mistake, match="the titles beside it are unreadable"):
        prepare(raw, tmp_path / "out")


def test_the_film_table_is_read_as_latin_1(raw, tmp_path):
    line = ITEMS[0].replace("Toy Story", "Misérables, Les")
    (raw / "u.item").write_text(line + "\n", encoding="latin-1")
    catalogue = store.read_catalogue(prepare(raw, tmp_path / "out").folder)
    assert catalogue["title"][0] == "Misérables, Les (1995)"
