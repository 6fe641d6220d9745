"""An export opens without its data, answers as the run does, and is replaced in one step."""

import json
import shutil
import threading
import time

import polars as pl
import pytest
import torch

import bam
from bam.errors import Mistake
from bam.experiment.opened.ask import choices_of
from bam.experiment.opened.load_export import load_export
from bam.serving.export.files import MANIFEST, write_folder
from bam.serving.export.manifest import FORMAT
from bam.serving.faiss import load_faiss
from bam.serving.server.answer import check
from bam.system.checksums import record_folder

HISTORIES = {"a": [1, 2, 3], "b": [40], "c": list(range(1, 30))}


@pytest.fixture
def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copied")


def record_folder_again(folder):
    (folder / "SHA256SUMS").unlink()
    record_folder(folder)


def same(found, expected):
    """Equal scores in every place: items that tie may change places."""
    assert found.columns == expected.columns
    for one, other in zip(found["score"], expected["score"], strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    assert len(set(found["item"]) ^ set(expected["item"])) <= 1


def test_it_answers_as_the_run_does(run, folder):
    found = bam.load(folder)
    for history in HISTORIES.values():
        same(found.recommend(history, 10), run.recommend(history, 10))
    ours, theirs = found.interests([1, 2, 3]), run.interests([1, 2, 3])
    torch.testing.assert_close(ours.vectors, theirs.vectors)
    torch.testing.assert_close(ours.routing, theirs.routing)
    many = found.interests_many(HISTORIES)
    assert many.keys() == HISTORIES.keys()
    same(found.recommend_many(HISTORIES, 5), run.recommend_many(HISTORIES, 5))


def test_it_answers_as_a_run_with_an_infinite_option_does(make_run, make_export):
    """JSON has no infinity."""
    run = make_run("aggregation=logsumexp", "aggregation.sharpness=inf")
    found = bam.load(make_export(run))
    same(found.recommend([1, 2, 3], 10), run.recommend([1, 2, 3], 10))


def test_it_needs_no_data_folder(make_run, make_export, tmp_path):
    run = make_run("seed=5")
    folder = make_export(run)
    shutil.rmtree(run.config["data_dir"])
    shutil.rmtree(run.folder)
    assert len(load_export(folder).recommend([1, 2], 5)) == 5


def test_it_holds_histories_and_counts_only_where_that_is_wanted(run, folder, make_export):
    found, whole = load_export(folder), load_export(make_export(run, "histories=true"))
    assert len(found.retriever.users.ids) == 0
    users = run.retriever.users
    assert whole.retriever.users.ids.to_list() == users.ids.to_list()
    for one, other in zip(whole.retriever.users.all(), users.all(), strict=True):
        assert one.items.tolist() == other.items.tolist()
    assert whole.retriever.items.count.tolist() == run.retriever.items.count.tolist()
    assert found.retriever.items.popular.tolist() == run.retriever.items.popular.tolist()
    assert (found.retriever.items.count == 0).equal(run.retriever.items.count == 0)


def test_a_model_that_needs_times_answers_for_the_users_of_its_export(make_run, make_export):
    run = make_run("backbone=sasrec_decay", "intervals=times")
    found = load_export(make_export(run, "histories=true")).retriever
    for user in run.retriever.users.ids.head(3):
        one, other = (each.users.history(user) for each in (found, run.retriever))
        assert one.times.equal(other.times) and len(one.times)
        lists = [
            each.recommend([one], 5, choices_of(())).merged.item for each in (found, run.retriever)
        ]
        assert torch.equal(*lists)
    check(found, choices_of(()))


def test_an_export_without_the_times_that_its_model_needs_names_the_option(
    make_run, make_export, caplog
):
    folder = make_export(make_run("backbone=sasrec_decay", "intervals=times"))
    assert "bam cannot open this export: give histories=true" in caplog.text
    with pytest.raises(Mistake, match=r"no times, which its model needs; .* with histories=true"):
        load_export(folder)


def test_an_export_without_histories_says_so_to_who_names_a_user(folder):
    users = load_export(folder).retriever.users
    for ask in (users.all, lambda: users.history("1")):
        with pytest.raises(Mistake, match="holds no histories: export the run again with hist"):
            ask()


def test_of_a_run_of_an_earlier_version_the_data_say_what_the_results_do_not(
    run, make_export, tmp_path
):
    place = shutil.copytree(run.folder, tmp_path / "run")
    results = json.loads((place / "results.json").read_text())
    for key in ("data", "sizes"):
        del results[key]
    (place / "results.json").write_text(json.dumps(results))
    record_folder_again(place)
    opened = load_export(make_export(bam.load(place)))
    users = len(run.retriever.users.ids)
    assert f"{users:,} users" in opened.card and opened.manifest.checksum == run.data.checksum


def test_a_folder_that_is_no_export_is_not_written_to(run, make_export, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(Mistake, match="to must be a new folder, or an export that is replaced"):
        make_export(run, to=tmp_path)
    with pytest.raises(Mistake, match="to must be a new folder"):
        make_export(run, to=run.folder)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_nothing_is_left_of_an_export_that_fails(run, make_export, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bam.experiment.answers.export.write_index", fail)
    with pytest.raises(OSError, match="No space"):
        make_export(run, to=tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["export.json", "items.parquet", "weights.safetensors", "index.faiss", "CARD.md"]
)
def test_a_damaged_file_is_refused_in_one_sentence(copied, name):
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)
    with pytest.raises(Mistake, match=f"{name}: damaged") as caught:
        load_export(copied)
    assert "\n" not in str(caught.value)
    (copied / name).unlink()
    with pytest.raises(Mistake):
        bam.load(copied)


def test_a_file_without_a_checksum_is_refused(copied):
    (copied / "SHA256SUMS").unlink()
    with pytest.raises(Mistake, match="SHA256SUMS has no checksum of it; export the run again"):
        load_export(copied)


def test_a_stranger_can_name_no_code(copied):
    path = copied / MANIFEST
    content = json.loads(path.read_text())
    content["model"]["similarity"] = {"_target_": "os.system", "command": "touch owned"}
    path.write_text(json.dumps(content))
    record_folder_again(copied)
    with pytest.raises(Mistake, match=r"similarity._target_ must be a class or function"):
        load_export(copied)


def test_the_files_for_other_programs_are_not_opened(copied):
    """torch's reader of encoder.pt2 unpickles."""
    for name in ("encoder.pt2", "vectors.npy"):
        (copied / name).write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    assert len(load_export(copied).recommend([1, 2], 5)) == 5


def test_whoever_opens_it_while_it_is_replaced_gets_one_export(make_run, make_export, tmp_path):
    sources = [make_export(make_run(*options)) for options in ((), ("seed=6",))]
    lists = [set(load_export(source).recommend([1, 2], 5)["item"]) for source in sources]
    ended, found, failures, place = threading.Event(), [], [], tmp_path / "export"

    def write(source):
        def fill(folder):
            shutil.copytree(source, folder, dirs_exist_ok=True)
            (folder / "SHA256SUMS").unlink()

        write_folder(place, fill)

    def read():
        while not ended.is_set():
            try:
                found.append(set(load_export(place).recommend([1, 2], 5)["item"]))
            except Exception as error:
                failures.append(error)

    write(sources[0])
    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(10):
        before = len(found)
        write(sources[turn % 2])  # while the reader opens it
        while len(found) == before and not failures:
            time.sleep(0.001)
    ended.set()
    reader.join()
    assert not failures and all(one in lists for one in found)
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_the_command_that_recommends_opens_it(run, make_export, tmp_path, command):
    folder = make_export(run, "histories=true")
    for place in (run.folder, folder):
        words = (f"run={place}", "users=all", "n=5", f"output={tmp_path / place.name}.csv")
        command("recommend", *words)
    frames = [pl.read_csv(tmp_path / f"{place.name}.csv") for place in (run.folder, folder)]
    assert frames[0].height == 5 * 60
    same(frames[1], frames[0])
    with pytest.raises(SystemExit, match="until must be now with an export, got 'test'"):
        command("recommend", f"run={folder}", "users=all", "until=test")


def test_the_threads_that_are_given_compute(run, make_export, command):
    before = torch.get_num_threads()
    try:
        command("recommend", f"run={run.folder}", "users=[1]", f"threads={before + 1}")
        assert torch.get_num_threads() == before + 1
        make_export(run)  # with threads=1
        assert torch.get_num_threads() == load_faiss().omp_get_max_threads() == 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("name", ["weights.safetensors", "items.parquet", "index.faiss"])
def test_a_file_of_something_else_is_refused_in_one_sentence(copied, name):
    (copied / name).write_bytes(b"something else")
    record_folder_again(copied)
    with pytest.raises(Mistake, match=f"{name}: .*export the run again"):
        load_export(copied)


def test_an_index_of_other_vectors_is_refused(run, make_run, make_export):
    folder, other = (make_export(one, "index=hnsw") for one in (run, make_run("dim=4")))
    shutil.copy(other / "index.faiss", folder)
    record_folder_again(folder)
    with pytest.raises(Mistake, match=r"index\.faiss must have 60 vectors of 8 numbers"):
        load_export(folder)


def test_a_flat_index_is_not_read(copied, monkeypatch):
    """FAISS does not defend itself against a forged file."""
    monkeypatch.setattr(load_faiss(), "read_index", lambda *_: pytest.fail("it was read"))
    assert len(load_export(copied).recommend([1, 2], 5)) == 5


def test_an_export_of_a_later_version_is_refused(copied):
    content = json.loads((copied / MANIFEST).read_text())
    (copied / MANIFEST).write_text(json.dumps({**content, "format": FORMAT + 1}))
    record_folder_again(copied)
    with pytest.raises(Mistake, match=f"format must be {FORMAT}, that of this version of bam"):
        load_export(copied)


@pytest.mark.parametrize("table", ["cooccurrence", "features"])
def test_the_rows_of_every_table_are_computed_once(make_run, make_export, table):
    run = make_run(f"table={table}", "optimizer=lazy_adam")
    found = load_export(make_export(run))
    assert torch.equal(found.retriever.table, run.retriever.table)
    history = run.retriever.items.texts([3, 17, 8])
    torch.testing.assert_close(found.interests(history).vectors, run.interests(history).vectors)
