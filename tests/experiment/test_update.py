"""New interactions for a run: known users go on, new ones begin, and nothing known is moved."""

import json
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
import yaml
from safetensors.torch import load_file

import bam
from bam.__main__ import main
from bam.data.dataset.build.option import write_option
from bam.data.dataset.build.store import read_catalogue, read_user_ids
from bam.data.dataset.planted import planted
from bam.experiment.one_run.tracking import tracking
from bam.run.identity import fingerprint
from tests.experiment.planted import numbers

CLUSTERS, ITEMS, LENGTH = 10, 120, 18  # each user owns two clusters of 12 items
KNOWN, BEFORE = 260, 12  # users, and their interactions, that were there first
EXTENDED = 200  # of the known users, who go on
MODEL = ("device=cpu", "threads=1", "dim=16", "num_negatives=64", "batch_size=64",
         "num_interests=4", "optimizer.lr=0.01", "trainer.validate_every=50",
         "history_length=18", "metric=[recall,ndcg]", "trainer.metric=ndcg@10")  # fmt: skip
TABLE = ("dataset=table", "dataset.raw=old.csv", "dataset.name=shop",
         "dataset.columns={user: user, item: item, time: time}")  # fmt: skip
LATE = 4  # one item of this many comes later
ROWS = "model.items.weight"


@dataclass(frozen=True)
class Shop:
    """A folder with a run on the first interactions, and tables of later ones."""

    folder: Path
    run: bam.Run


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Every interaction: user, item and time, as text and seconds."""
    data = planted(
        name="planted",
        cache=str(tmp_path_factory.mktemp("planted")),
        num_users=300,
        num_items=ITEMS,
        num_clusters=CLUSTERS,
        clusters_per_user=2,
        hours=0,
        length=LENGTH,
        seed=1,
    )
    place = pl.int_range(len(data.items), eager=True)
    frame = pl.DataFrame({"number": place // LENGTH, "place": place % LENGTH})
    item = pl.Series(data.items.numpy())
    return frame.with_columns(
        user=pl.format("u{}", "number"),
        item=pl.select(pl.format("i{}", item)).to_series(),
        time=1_000_000 + pl.col("place") * 60,
        is_late=item % LATE == 0,  # an item that comes later
    )


def old(rows):
    return rows.filter((pl.col("number") < KNOWN) & (pl.col("place") < BEFORE) & ~pl.col("is_late"))


def later(rows):
    """Of known users, and all of new users."""
    is_extended = (pl.col("number") < EXTENDED) & (pl.col("place") >= BEFORE)
    return rows.filter(is_extended | (pl.col("number") >= KNOWN))


def as_table(frame):
    return frame.select("user", "item", "time")


@pytest.fixture(scope="module")
def trained(rows, tmp_path_factory):
    """A folder with a trained run, and the tables new.csv and known.csv: without new items."""
    folder = tmp_path_factory.mktemp("shop")
    as_table(old(rows)).write_csv(folder / "old.csv")
    as_table(later(rows)).write_csv(folder / "new.csv")
    as_table(later(rows).filter(~pl.col("is_late"))).write_csv(folder / "known.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        bam.train(*TABLE, *MODEL, "trainer.max_steps=300", "name=run")
    return folder


@pytest.fixture
def shop(trained, tmp_path, monkeypatch):
    """A copy of it, which is the working folder."""
    shutil.copytree(trained, tmp_path / "shop")
    monkeypatch.chdir(tmp_path / "shop")
    return Shop(tmp_path / "shop", bam.load("outputs/run"))


def weights(run):
    return load_file(run.folder / "weights.safetensors")


def manifest(run):
    folder = run.config["dataset"]["folder"]
    return json.loads(Path(folder, "manifest.json").read_text())


def test_known_rows_are_the_same_bits_and_the_others_those_that_the_seed_draws(shop):
    new = bam.update(shop.run, "raw=new.csv")
    name = new.config["dataset"]["name"]
    drawn = bam.train(f"dataset={name}", *MODEL, "trainer.max_steps=0", "name=drawn")
    before, after = weights(shop.run), weights(new)
    V1 = len(before[ROWS])
    assert len(after[ROWS]) - V1 == manifest(new)["update"]["new_items"] == ITEMS // LATE
    assert torch.equal(after[ROWS][:V1], before[ROWS])
    assert torch.equal(after[ROWS][V1:], weights(drawn)[ROWS][V1:])
    assert all(torch.equal(after[key], before[key]) for key in before if key != ROWS)
    assert new.results["steps"] == new.results["best_step"] == 0


def test_ids_keep_their_numbers(shop, caplog):
    new = bam.update(shop.run, "raw=new.csv")
    assert f"the vectors of new items are random ({ITEMS // LATE})" in caplog.text
    before, after = (Path(run.config["dataset"]["folder"]) for run in (shop.run, new))
    for read in (read_catalogue, lambda folder: read_user_ids(folder).to_frame()):
        assert read(after).head(len(read(before))).equals(read(before))
    about = json.loads((new.folder / "environment.json").read_text())
    assert about["command"].startswith(f"bam update run={shop.run.folder} ")
    counts = manifest(new)["update"]
    assert counts["known_users"] == EXTENDED and counts["new_users"] == 300 - KNOWN


def test_without_a_step_lists_change_only_where_histories_have_grown(shop, caplog):
    new = bam.update(shop.run, "raw=known.csv")
    assert "random" not in caplog.text
    before, after = shop.run.retriever, new.retriever
    assert after.items.frame["id"].equals(before.items.frame["id"])
    histories = {one.user: after.items.texts(one.items.tolist()) for one in after.users.all()}
    by_hand = shop.run.recommend_many(histories, 5)
    assert new.recommend_many(histories, 5).equals(by_hand)
    short = {one.user: before.items.texts(one.items.tolist()) for one in before.users.all()}
    grown = {user for user in histories if histories[user] != short.get(user)}
    assert len(grown) == EXTENDED + 300 - KNOWN
    was, now = (
        dict(shop.run.recommend_many(each, 5).group_by("user").agg("item").rows())
        for each in (short, histories)
    )
    changed = {user for user in now if now[user] != was.get(user)}
    assert changed <= grown and len(changed) > 0.9 * len(grown)


def test_steps_learn_items_that_are_found_by_chance_without_them(shop):
    served = bam.update(shop.run, "raw=new.csv")
    learned = bam.update(shop.run, "raw=new.csv", "steps=300")
    first_new = len(weights(shop.run)[ROWS])
    without, with_steps = (recall_from(run, first_new) for run in (served, learned))
    # a user owns 24 items, of which 17 are met: at best it is 10 / 10, by chance 10 / 103
    assert without < 0.3 and with_steps > max(0.6, 3 * without)
    assert learned.results["test"]["ndcg@10"] > served.results["test"]["ndcg@10"]
    assert learned.results["steps"] == 300 and learned.history["step"][0] == 0
    assert learned.history["recall@10"][0] == served.results["valid"]["recall@10"]


def recall_from(run, first_item):
    """Recall@10 of the test targets from this item on."""
    data, test = run._parts.interactions, run._parts.split.test
    rank = torch.from_numpy(np.load(run.folder / "ranks.npy"))
    is_new = data.items[test.cut] >= first_item
    return float((rank[is_new] <= 10).float().mean())


def test_the_weights_that_it_began_with_stay_where_no_step_is_better(shop):
    new = bam.update(shop.run, "raw=known.csv", "steps=50", "name=worse")
    worse = replace_rate(new.folder, shop.run.folder.parent / "bad", 30.0)
    again = bam.update(worse, "raw=known.csv", "steps=50")
    assert again.results["best_step"] == 0
    assert torch.equal(weights(again)[ROWS], weights(worse)[ROWS])


def replace_rate(folder, place, lr):
    """A copy of a run whose next steps will be far too large."""
    shutil.copytree(folder, place)
    (place / "SHA256SUMS").unlink()
    config = (place / "config.yaml").read_text()
    (place / "config.yaml").write_text(config.replace("lr: 0.01", f"lr: {lr}"))
    return bam.load(place)


def test_the_same_command_opens_the_finished_run(shop):
    first = bam.update(shop.run, "raw=new.csv", "steps=20")
    before = (first.folder / "results.json").stat().st_mtime_ns
    again = bam.update(shop.run, "raw=new.csv", "steps=20")
    assert again.folder == first.folder and again.folder.name.startswith("run-updated-")
    assert (first.folder / "results.json").stat().st_mtime_ns == before


def test_a_name_that_has_a_run_of_other_interactions_is_refused(shop):
    bam.update(shop.run, "raw=new.csv", "name=mine")
    with pytest.raises(bam.Mistake, match="mine already holds a finished run; give another name="):
        bam.update(shop.run, "raw=known.csv", "name=mine")


def test_an_interrupted_update_continues_and_ends_with_the_same_numbers(shop, monkeypatch):
    command = ("raw=new.csv", "steps=150")
    whole = bam.update(shop.run, *command, "name=whole")
    for nth in (1, 3):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("bam.experiment.one_run.train.tracking", interrupting(nth))
            bam.update(shop.run, *command, f"name=again{nth}")
        assert not (shop.folder / "outputs" / f"again{nth}" / "results.json").exists()
        again = bam.update(shop.run, *command, f"name=again{nth}")
        found, expected = numbers(again.folder), numbers(whole.folder)
        assert found[1:] == expected[1:] and found[0]["test"] == expected[0]["test"]


def interrupting(nth):
    """A tracker that is interrupted at its nth validation."""
    records = []

    @contextmanager
    def interrupted(*arguments):
        with tracking(*arguments) as track:

            def validation(record):
                records.append(record)
                track.validation(record)
                if len(records) == nth:
                    raise KeyboardInterrupt

            yield replace(track, validation=validation)

    return interrupted


def test_more_steps_end_as_an_update_without_a_break(shop):
    whole = bam.update(shop.run, "raw=new.csv", "steps=100", "name=whole")
    bam.update(shop.run, "raw=new.csv", "steps=50", "name=more")
    more = bam.update(shop.run, "raw=new.csv", "steps=100", "name=more")
    assert numbers(more.folder)[1:] == numbers(whole.folder)[1:]


def test_the_run_and_its_data_stay_as_they_are(shop):
    places = (shop.folder / "outputs" / "run", shop.folder / "data" / "shop")
    files = {path: path.read_bytes() for place in places for path in place.iterdir()}
    bam.update(shop.run, "raw=new.csv", "steps=5")
    assert {path: path.read_bytes() for place in places for path in place.iterdir()} == files


def test_the_new_run_is_tested_again_with_the_same_figures_and_updated_again(shop):
    new = bam.update(shop.run, "raw=new.csv", "steps=5")
    assert bam.evaluate(new)["test"] == new.results["test"]
    twice = bam.update(new, "raw=new.csv")
    assert manifest(twice)["update"]["interactions"] == 0
    assert torch.equal(weights(twice)[ROWS], weights(new)[ROWS])
    assert twice.results["test"] == new.results["test"]
    assert len(bam.read_results("outputs")) == 3


def test_its_config_shows_which_weights_it_began_with(shop):
    new = bam.update(shop.run, "raw=new.csv", "steps=5")
    scratch = {key: value for key, value in new.config.items() if key != "initial_weights"}
    assert len(new.config["initial_weights"]) == 16 and "initial_weights" not in shop.run.config
    assert fingerprint(scratch) != new.results["fingerprint"] == fingerprint(new.config)


def test_data_that_were_moved_are_found(shop):
    (shop.folder / "data").rename(shop.folder / "moved")
    with pytest.raises(bam.Mistake, match="dataset must be prepared"):
        bam.update(shop.run, "raw=new.csv")
    new = bam.update(shop.run, "raw=new.csv", "data_dir=moved")
    assert Path(new.config["dataset"]["folder"]).parent == Path("moved")
    assert new.recommend(["i1", "i2"], n=3).height == 3


def test_a_rate_that_falls_ends_with_the_new_steps(shop):
    options = ("schedule=cosine", "schedule.warmup_steps=30", "trainer.max_steps=60", "name=falls")
    run = train(*MODEL, *options)
    new = bam.update(run, "raw=new.csv", "steps=20")
    schedule = new.config["schedule"]
    assert (schedule["max_steps"], schedule["warmup_steps"]) == (20, 20)
    assert bam.update(run, "raw=new.csv").results["steps"] == 0


def train(*options):
    """A run on the data set shop, which becomes an option."""
    write_option(Path("data/shop"), "shop", "", Path("data"), LENGTH)
    return bam.train("dataset=shop", *options)


def test_counts_are_counted_again_and_take_no_steps(shop):
    run = train("backbone=popularity", "threads=1", "device=cpu", "name=popular")
    new = bam.update(run, "raw=new.csv")
    assert weights(new)[ROWS].sum() > weights(run)[ROWS].sum()
    assert "initial_weights" not in new.config
    with pytest.raises(bam.Mistake, match=r"steps must be 0, as .*popular has learned nothing"):
        bam.update(run, "raw=new.csv", "steps=5")


def test_a_memory_counts_the_new_interactions_too(shop):
    run = train("experiment=transitions", "threads=1", "device=cpu", "name=counted")
    new = bam.update(run, "raw=new.csv")
    assert len(new.memory.memory.item) > len(run.memory.memory.item)
    assert "initial_weights" not in new.config


def test_targets_that_the_run_was_trained_on_are_reported(shop, caplog):
    run = train(*MODEL, "split=unseen_users", "trainer.max_steps=5", "name=unseen")
    bam.update(run, "raw=new.csv")
    assert "% of the test targets are interactions that" in caplog.text
    caplog.clear()
    bam.update(shop.run, "raw=new.csv")
    assert "of the test targets" not in caplog.text


def test_a_stranger_s_run_names_neither_a_tracker_nor_a_place_to_write(shop):
    place = shop.run.folder / "config.yaml"
    config = yaml.safe_load(place.read_text())
    config["tracker"]["mlflow"] = {"_target_": "bam.run.tracker.mlflow.Mlflow", "uri": "http://x"}
    shutil.copytree("data", "elsewhere")
    place.write_text(yaml.safe_dump({**config, "data_dir": str(shop.folder / "elsewhere")}))
    before = sorted(Path("elsewhere").rglob("*"))
    new = bam.update(bam.load(shop.run.folder), "raw=new.csv")
    assert [*new.config["tracker"]] == ["jsonl"] and new.config["data_dir"] == "data"
    assert sorted(Path("elsewhere").rglob("*")) == before


def test_the_command_prints_counts_and_figures_and_its_folder_last(shop, capsys, monkeypatch):
    command = ["bam", "update", "run=outputs/run", "raw=known.csv", "name=new", "threads=1"]
    monkeypatch.setattr(sys, "argv", command)
    main()
    shown = capsys.readouterr()
    assert "known users with more: 200; new users: 40; new items: 0; skipped" in shown.err
    lines = shown.out.strip().splitlines()
    assert lines[-1] == str(shop.folder / "outputs" / "new")
    assert "recommend run=" in lines[-2] and "best step 0 of 0" in lines[-3]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("raw=",), "raw must be a file of new interactions, got ''"),
        (("raw=no.csv",), "raw must be a file or folder that exists, got 'no.csv'"),
        (("raw=empty.csv",), "empty.csv: empty"),
        (("raw=new.csv", "columns={item: sku}"), "column sku is missing"),
        (("raw=new.csv", "columns.sku=item"), "columns.sku is no option"),
        (("raw=new.csv", "separator=';'"), "column user is missing"),
        (("raw=new.csv", "steps=-1"), "steps must be at least 0, got -1"),
        (("raw=new.csv", "steps=many"), "steps must be a number, got 'many'"),
        (("raw=new.csv", "events=buy"), "events must be a list, such as [buy], got 'buy'"),
        (("raw=new.csv", "threads=x"), "threads must be a number, got 'x'"),
        (("raw=new.csv", "selection=hard"), "selection is no group of bam update"),
        (("raw=new.csv", "step=5"), "step is no option; did you mean steps=5?"),
    ],
)
def test_what_is_wrong_is_refused_in_one_sentence_and_leaves_no_run(shop, options, sentence):
    (shop.folder / "empty.csv").write_text("")
    with pytest.raises(bam.Mistake) as refused:
        bam.update(shop.run, *options)
    assert sentence in str(refused.value) and "dataset." not in str(refused.value)
    assert [path.name for path in (shop.folder / "outputs").iterdir()] == ["run"]


def test_a_run_must_be_finished(shop):
    (shop.run.folder / "results.json").unlink()
    with pytest.raises(bam.Mistake, match="run must be a finished run"):
        bam.update(shop.run.folder, "raw=new.csv")


def test_an_update_begins_with_the_weights_of_train_and_validation(shop, caplog):
    run = train(*MODEL, "trainer.max_steps=20", "trainer.validate_every=20", "refit=true")
    served = bam.update(run, "raw=known.csv")
    assert torch.equal(weights(served)[ROWS], weights(run)[ROWS])
    assert served.results["refit"] is True and served.results["best_step"] == 0
    assert "% of the validation targets are interactions that" in caplog.text
    assert "% of the test targets" not in caplog.text
    learned = bam.update(run, "raw=known.csv", "steps=20")
    assert not torch.equal(weights(learned)[ROWS], weights(run)[ROWS])
    assert bam.evaluate(learned)["test"] == learned.results["test"]
