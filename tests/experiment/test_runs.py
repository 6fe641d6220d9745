"""Whole runs on planted users, started as a user starts them."""

import json
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from bam.config.instantiate import build
from tests.conftest import options
from tests.experiment.planted import PLANTED, results

CHANCE = 10 / 381  # recall@10 of planted users; the best is 10/41, of users of one cluster 10/21
QUICKER = {  # a map for each place of the history has 2.6 times chance after as many steps
    "comirec_dr": ["backbone.per_position=false"],
}
ONE_CLUSTER = ["dataset.num_clusters=10", "dataset.clusters_per_user=1"]


@pytest.mark.planted
@pytest.mark.parametrize("backbone", options("backbone"))
def test_every_backbone_finds_the_planted_interests(start, configured, tmp_path, backbone):
    """Several interests reach 4 times chance, and one, of users who have one, 9 times chance.

    Popularity has nothing to find, and stays near chance.
    """
    config = configured(f"backbone={backbone}")
    several = config["num_interests"] > 1
    trained = any(True for _ in build(config["backbone"], "backbone").parameters())
    sizes = () if several else ("num_interests",) if trained else ("num_interests", "dim=")
    common = [option for option in PLANTED if not option.startswith(sizes)]
    steps = ["trainer.max_steps=400"] if trained else []
    start("train.py", *common, *([] if several else ONE_CLUSTER), f"backbone={backbone}",
          *QUICKER.get(backbone, []), *steps, "hydra.run.dir=run")  # fmt: skip
    found = results(tmp_path / "run")["test"]["recall@10"] / CHANCE
    if backbone == "popularity":
        assert found < 2
    else:
        assert found > (4 if several else 9)


@pytest.mark.planted
@pytest.mark.parametrize(
    "choices",
    [[f"selection={name}"] for name in options("selection") if name != "p"]
    + [[f"aggregation={name}"] for name in options("aggregation")
       if name not in ("maximum", "mixture")]
    + [["aggregation=mixture", "loss=mixture"]]
    + [[f"regularisation=[{name}]" for name in ["routing,pairwise_cosine,load_balance"]]]
    + [["sampling=set", "selection=exclusive"]],
    ids=" ".join,
)  # fmt: skip
def test_every_part_of_remi_finds_the_planted_interests(start, tmp_path, choices):
    """The best recall@10 is .244, chance has .026: a few hundred steps reach 4 times chance."""
    start("train.py", *PLANTED, "backbone=remi", *choices,
          "trainer.max_steps=400", "hydra.run.dir=run")  # fmt: skip
    assert results(tmp_path / "run")["test"]["recall@10"] > 4 * CHANCE


@pytest.mark.planted
@pytest.mark.parametrize(
    "choices",
    [[f"likelihood={likelihood}", f"similarity={similarity}"]
     for likelihood in options("likelihood") for similarity in options("similarity")]
    + [["likelihood=sampled_softmax", f"negatives={name}"] for name in ("popularity", "in_batch")]
    + [[f"likelihood={name}", "likelihood.label_smoothing=0.1"]
       for name in ("sampled_softmax", "full_softmax")],
    ids=" ".join,
)  # fmt: skip
def test_every_likelihood_finds_the_planted_interests(start, tmp_path, choices):
    start("train.py", *PLANTED, "backbone=comirec_sa", *choices,
          "trainer.max_steps=400", "hydra.run.dir=run")  # fmt: skip
    assert results(tmp_path / "run")["test"]["recall@10"] > 4 * CHANCE


@pytest.mark.planted
@pytest.mark.parametrize("method", ["mima", "setmir"])
def test_sets_of_targets_find_the_planted_interests(start, tmp_path, method):
    """The queries of a decoder learn later than attention without a query: 1,000 steps."""
    start("train.py", *PLANTED, f"experiment={method}", "group_by_length=1",
          "trainer.max_steps=1000", "hydra.run.dir=run")  # fmt: skip
    assert results(tmp_path / "run")["test"]["recall@10"] > 4 * CHANCE


@pytest.mark.planted
@pytest.mark.parametrize("split", ["time_cut", "unseen_users"])
def test_other_splits_find_the_planted_interests_too(start, tmp_path, split):
    lines = [f"{user},{1 + (7 * user + 3 * n) % 11 + 11 * (user % 3)},{100 * n + user}\n"
             for user in range(60) for n in range(10)]  # fmt: skip
    (tmp_path / "raw.csv").write_text("".join(["user,item,time\n", *lines]))
    one = [option for option in PLANTED if not option.startswith("dataset")]
    start("train.py", *one, "dataset=table", "dataset.raw=raw.csv", "dataset.name=mine",
          "dataset.columns={user: user, item: item, time: time}", f"split={split}",
          "trainer.max_steps=200", "evaluation.cutoffs=[3]", "trainer.metric=recall@3",
          "hydra.run.dir=run")  # fmt: skip
    assert results(tmp_path / "run")["test"]["recall@3"] > 3 * 3 / 33


def test_a_prepared_table_trains_by_its_name(start, tmp_path):
    lines = [f"u{user},{chr(97 + (user + n) % 20)},{n}\n" for user in range(30) for n in range(8)]
    (tmp_path / "my.csv").write_text("".join(["uid,sku,ts\n", *lines]))
    out = start("prepare.py", "dataset=table", "dataset.raw=my.csv", "dataset.name=mine",
                "dataset.columns={user: uid, item: sku, time: ts}")  # fmt: skip
    assert "30 users, 20 items, 240 interactions" in out
    start("train.py", *PLANTED, "dataset=mine", "trainer.max_steps=10", "hydra.run.dir=run")
    assert results(tmp_path / "run")["dataset"] == "mine"


def test_an_average_is_validated_kept_and_tested_and_training_does_not_know_of_it(start, tmp_path):
    for name in ("none", "ema"):
        start("train.py", *PLANTED, "trainer.max_steps=200", f"averaging={name}", f"name={name}")
    records = {}
    for name in ("none", "ema"):
        lines = (tmp_path / "outputs" / name / "metrics.jsonl").read_text().splitlines()
        records[name] = [json.loads(line) for line in lines]
    losses = {name: [line["loss"] for line in lines] for name, lines in records.items()}
    assert losses["none"] == losses["ema"]
    assert [line["ndcg@10"] for line in records["none"]] != [
        line["ndcg@10"] for line in records["ema"]
    ]
    found = results(tmp_path / "outputs" / "ema")
    assert json.loads(start("evaluate.py", "run=outputs/ema"))["test"] == found["test"]
    assert found["test"]["recall@10"] > 4 * CHANCE


@pytest.mark.planted
@pytest.mark.parametrize("optimizer", options("optimizer"))
def test_every_optimizer_finds_the_planted_interests_with_everything_on(start, tmp_path, optimizer):
    start("train.py", *PLANTED, f"optimizer={optimizer}", "schedule=cosine", "averaging=ema",
          "schedule.warmup_steps=50", "trainer.clip_norm=1", "trainer.max_steps=300",
          "hydra.run.dir=run")  # fmt: skip
    assert results(tmp_path / "run")["test"]["recall@10"] > 4 * CHANCE


def test_popularity_counts_the_training_part_and_takes_no_step(start, tmp_path):
    start("train.py", "dataset=planted", "device=cpu", "backbone=popularity", "hydra.run.dir=run")
    found, data = results(tmp_path / "run"), next((tmp_path / "data" / "planted").iterdir())
    items, offsets = np.load(data / "items.npy"), np.load(data / "offsets.npy")
    train = np.concatenate([items[a : b - 2] for a, b in pairwise(offsets)])
    count = np.bincount(train, minlength=401).astype(float)
    ranks = []
    for a, b in pairwise(offsets):
        rivals = np.delete(count, [0, *set(items[a : b - 1]), items[b - 1]])
        ranks.append(1 + (rivals >= count[items[b - 1]]).sum())
    assert found["steps"] == 0
    assert np.load(tmp_path / "run" / "ranks.npy")[:, 0].tolist() == ranks


def test_a_run_leaves_one_complete_folder(start, tmp_path):
    out = start("train.py", *PLANTED, "trainer.max_steps=150", "name=example", "seed=0")
    folder = tmp_path / "outputs" / "example"
    assert out.splitlines()[-1] == str(folder)
    assert {path.name for path in folder.iterdir()} == {
        "config.yaml", "overrides.yaml", "environment.json", "train.log", "metrics.jsonl",
        "weights.safetensors", "ranks.npy", "users.parquet", "results.json",
        "SHA256SUMS", "final.pt"}  # fmt: skip
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [100, 150]
    assert lines[0].keys() >= {"loss", "recall@10", "ndcg@10", "samples_per_second",
                               "share", "entropy", "cosine"}  # fmt: skip
    found = results(folder)
    assert found["seed"] == 0 and found["dataset"] == "planted" and found["backbone"] == "remi"
    assert found["test"].keys() >= {"recall@10", "recall@20", "ndcg@10", "mrr", "coverage@10"}
    assert found["balance"].keys() == {
        "share", "entropy", "effective", "gini", "dead", "cosine", "slots"}  # fmt: skip
    assert sum(found["balance"]["slots"]) == pytest.approx(1)
    assert 50 < found["peak_memory_mb"] < 8000
    ranks = np.load(folder / "ranks.npy")
    assert np.mean(ranks <= 10) == found["test"]["recall@10"]


def test_files_of_train_valid_and_test_are_used_as_they_are(start, tmp_path):
    parts = {"train": (1, 2, 3), "valid": (4, 5), "test": (6, 7, 8)}
    for part, items in parts.items():
        rows = [f"{user}\t{item}" for user in (1, 2, 3) for item in items]
        header = "user_id:token\titem_id:token"
        (tmp_path / f"x.{part}.inter").write_text("\n".join([header, *rows]) + "\n")
    start("prepare.py", "dataset=movielens", "dataset.raw=x.train.inter", "dataset.name=mine")
    with pytest.raises(
        SystemExit, match="error: split must be given: mine comes in files of train"
    ):
        start("train.py", "dataset=mine", "name=a")
    start("train.py", "dataset=mine", "split=given", "trainer.max_steps=2", "name=b")
    assert np.load(tmp_path / "outputs" / "b" / "ranks.npy").shape == (3, 3)  # three targets each
    with pytest.raises(SystemExit, match="error: split must be another than given: planted"):
        start("train.py", "dataset=planted", "split=given", "name=c")


def test_each_rank_has_the_id_that_its_user_has_in_the_source(start, tmp_path):
    lines = [f"{user} {item}" for user in (30, 7, 100, 9) for item in (1, 2, 3, 4, user)]
    lines = [line for line in lines if line != "7 3" and line != "7 4" and line != "7 7"]
    (tmp_path / "a.txt").write_text("\n".join(lines))  # user 7 is too short to be tested
    start("train.py", "dataset=file", "dataset.path=a.txt", "trainer.max_steps=0", "name=a")
    users = pl.read_parquet(tmp_path / "outputs" / "a" / "users.parquet")
    assert users["user"].to_list() == ["9", "30", "100"]
    ranks = np.load(tmp_path / "outputs" / "a" / "ranks.npy")[:, 0]
    assert users["recall@10"].to_list() == (ranks <= 10).tolist()
    assert users["history_items"].to_list() == [4, 4, 4]
    assert users["target_count"].to_list() == [0, 0, 0]  # each has a target that is its alone
    found = results(tmp_path / "outputs" / "a")["sizes"]
    assert found == {"users": 4, "items": 100, "interactions": 17, "test_users": 3}


def test_the_same_seed_gives_the_same_numbers_and_another_seed_does_not(start, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        start("train.py", *PLANTED, "trainer.max_steps=100", f"seed={seed}", f"name={name}")
    weights = {n: (tmp_path / "outputs" / n / "weights.safetensors").read_bytes() for n in "abc"}
    assert weights["a"] == weights["b"] and weights["a"] != weights["c"]
    found = {n: results(tmp_path / "outputs" / n) for n in "abc"}
    assert found["a"]["test"] == found["b"]["test"] != found["c"]["test"]


def test_a_finished_run_tested_again_gives_the_same_numbers(start, tmp_path):
    start("train.py", *PLANTED, "trainer.max_steps=100", "name=once")
    again = json.loads(start("evaluate.py", "run=outputs/once"))
    assert again["test"] == results(tmp_path / "outputs" / "once")["test"]
    other = json.loads(start("evaluate.py", "run=outputs/once", "evaluation=published"))
    assert other["test"] != again["test"]


def test_a_sweep_ends_with_one_folder_a_point_and_one_table(start, tmp_path):
    out = start("train.py", "-m", *PLANTED, "trainer.max_steps=20", "selection=hard,p",
                "hydra.sweep.dir=sweep")  # fmt: skip
    folders = [path for path in (tmp_path / "sweep").iterdir() if path.is_dir()]
    assert len(folders) == 2 and all((folder / "results.json").exists() for folder in folders)
    table = (tmp_path / "sweep" / "results.csv").read_text().splitlines()
    assert len(table) == 3 and "recall@10" in table[0]
    assert "recall@20" in out and out.splitlines()[-1] == "sweep"


def test_a_sweep_that_cannot_be_compared_still_ends_with_its_table(start, tmp_path, monkeypatch):
    errors = []
    monkeypatch.setattr(
        "bam.experiment.sweep.callback.log.error", lambda text, why: errors.append(text % why)
    )
    start("train.py", "-m", *PLANTED, "trainer.max_steps=20", "selection.tau=1,2",
          "hydra.sweep.dir=sweep", "+hydra.callbacks.collect.baseline.selection.tau=3")  # fmt: skip
    table = (tmp_path / "sweep" / "results.md").read_text()
    assert "recall@10" in table and "Δ" not in table
    assert errors[0].startswith("the tables have no comparison: baseline must be a condition")


def test_a_sweep_can_end_with_a_comparison(start, tmp_path):
    start("train.py", "-m", *PLANTED, "trainer.max_steps=20", "selection=hard,p",
          "hydra.sweep.dir=sweep", "+hydra.callbacks.collect.baseline.selection=hard")  # fmt: skip
    assert "Δ ndcg@10" in (tmp_path / "sweep" / "results.md").read_text()
    assert r"\Delta" in (tmp_path / "sweep" / "results.tex").read_text()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("selection.tau=0", "error: selection.tau must be above 0, got 0.0"),
        ("selection.tau=abc", "selection.tau must be float, got 'abc'"),
        ("+selection.tua=1", "selection.tua is no option of drawn; it has: tau"),
        ("selection.tua=1", "selection.tua is no option; did you mean selection.tau=1?"),
        ("selection=soft", "selection=soft is no option; selection has: exclusive,"),
        ("+sede=1", "sede is no option; did you mean seed=1?"),
        ("num_interests=0", "num_interests must be at least 1, got 0"),
        ("batch_size=0", "batch_size must be at least 1, got 0"),
        ("history_length=0", "history_length must be at least 1, got 0"),
        ("device=cuda:99", "device must be auto, cpu or a GPU of this machine, got 'cuda:99'"),
        ("device=gpu", "device must be auto, cpu or a GPU of this machine, got 'gpu'"),
        ("trainer.clip_norm=-1", "error: trainer.clip_norm must be at least 0, got -1.0"),
        ("+schedule.final_share=2", "final_share is no option of constant"),
        ("averaging=swa", "averaging=swa is no option; averaging has: ema, none"),
        ("trainer.metric=recal@10", "trainer.metric must be one of recall@10"),
        ("seed=-1", "seed must be at least 0, got -1"),
        ("name=a/b", "name must have no slash"),
        *(
            (f"~{group}", f"error: {group} must be the name of an option, got '~{group}'")
            for group in ("selection", "dataset", "loss", "optimizer", "regularisation")
        ),
        ("name=.", "name must have no slash, and be no . or .."),
        ("hydra.output_subdir=.hydra", "hydra.output_subdir must be null"),
        ("hydra/job_logging=default", "hydra/job_logging must be none"),
        ("hydra.job.chdir=true", "hydra.job.chdir must be false"),
        ("hydra.searchpath=[file:///nowhere]", "hydra.searchpath must name folders that exist"),
        ("selection=glob(h*)", "selection=glob(...) is not read; write the names: A,B"),
    ],
)
def test_a_mistake_gets_one_sentence_and_leaves_nothing_behind(start, tmp_path, override, message):
    with pytest.raises(SystemExit) as stopped:
        start("train.py", *PLANTED, "hydra.run.dir=run", override)
    sentence = str(stopped.value)
    assert sentence.startswith("error: ") and message in sentence and "\n" not in sentence
    assert not (tmp_path / "run").exists() and not (tmp_path / "data").exists()


def test_the_folder_of_a_sweep_has_a_name_of_its_own(start, tmp_path):
    with pytest.raises(SystemExit, match=r"of a sweep must be given as hydra.sweep.dir"):
        start("train.py", "-m", *PLANTED, "seed=1,2", "hydra.run.dir=run")
    with pytest.raises(SystemExit, match=r"of one run must be given as hydra.run.dir"):
        start("train.py", *PLANTED, "hydra.sweep.dir=sweep")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["name=a,b", "threads=1,2", "tracker=jsonl,mlflow"])
def test_what_all_points_of_a_sweep_share_has_one_value(start, tmp_path, option):
    rule = f"{option.partition('=')[0]} must have one value, which all points of a sweep share"
    with pytest.raises(SystemExit, match=rule):
        start("train.py", "-m", *[one for one in PLANTED if "threads" not in one], option)
    assert not any(tmp_path.iterdir())


def test_flags_may_follow_the_options_after_a_data_set_was_prepared(start, tmp_path):
    (tmp_path / "data" / "conf" / "dataset").mkdir(parents=True)
    assert "max_steps: 7" in start("train.py", *PLANTED, "trainer.max_steps=7", "--cfg", "job")
    assert "max_steps: 8" in start("train.py", "--cfg", "job", *PLANTED, "trainer.max_steps=8")


def test_a_run_folder_that_exists_is_never_touched(start, tmp_path):
    start("train.py", *PLANTED, "trainer.max_steps=20", "name=taken")
    before = {p: p.read_bytes() for p in (tmp_path / "outputs" / "taken").iterdir()}
    with pytest.raises(SystemExit, match="already holds a finished run"):
        start("train.py", *PLANTED, "trainer.max_steps=10", "name=taken")
    assert before == {p: p.read_bytes() for p in (tmp_path / "outputs" / "taken").iterdir()}


@pytest.mark.parametrize("override", ["dim=8", "seed=1", "selection.tau=2"])
def test_testing_a_run_refuses_to_change_what_the_run_has_fixed(start, override):
    start("train.py", *PLANTED, "trainer.max_steps=20", "name=fixed")
    with pytest.raises(
        SystemExit,
        match="only evaluation, metric, aggregation, memory, blending, dataset, device, threads, "
        "shard_table, data_dir, trust may",
    ):
        start("evaluate.py", "run=outputs/fixed", override)


def test_a_run_is_tested_with_another_aggregation_unless_that_must_be_learned(start):
    start("train.py", *PLANTED, "trainer.max_steps=20", "name=best")
    once = json.loads(start("evaluate.py", "run=outputs/best"))["test"]
    other = json.loads(start("evaluate.py", "run=outputs/best", "aggregation=logsumexp"))["test"]
    assert once.keys() == other.keys() and once != other
    with pytest.raises(SystemExit, match="the model has model"):
        start("evaluate.py", "run=outputs/best", "aggregation=gate", "aggregation.dim=16")


def test_a_gate_that_no_loss_trains_is_refused_before_the_first_step(start, tmp_path):
    for untaught in ("loss=single_interest", "loss.multi_interest.weight=0"):
        with pytest.raises(
            SystemExit, match="loss or regularisation must train the gate of this aggregation"
        ):
            start("train.py", *PLANTED, "aggregation=gate", untaught, "name=gated")
    assert not (tmp_path / "outputs" / "gated").exists()


def test_a_gate_that_a_regularisation_trains_needs_no_loss_that_does(start, tmp_path):
    taught = ("backbone=comirec_sa", "aggregation=activation", "regularisation=[activation]",
              "loss=single_interest")  # fmt: skip
    with pytest.raises(SystemExit, match="loss or regularisation must train the gate"):
        start("train.py", *PLANTED, *taught, "regularisation.activation.weight=0", "name=gated")
    start("train.py", *PLANTED, *taught, "trainer.max_steps=2", "name=gated")
    assert results(tmp_path / "outputs" / "gated")["status"] == "finished"


def test_a_set_within_seconds_needs_times(start, tmp_path):
    (tmp_path / "some.txt").write_text("".join(f"{n // 6 + 1} {n % 8 + 1}\n" for n in range(60)))
    one = [option for option in PLANTED if not option.startswith("dataset")]
    with pytest.raises(SystemExit, match=r"must have times, .* sampling.seconds=0 works without"):
        start("train.py", *one, "dataset=file", "dataset.path=some.txt", "sampling=set",
              "sampling.seconds=60")  # fmt: skip


def test_a_run_is_tested_where_its_data_was_moved_to(start, tmp_path):
    start("train.py", *PLANTED, "trainer.max_steps=20", "name=moved")
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    again = json.loads(start("evaluate.py", "run=outputs/moved", "data_dir=elsewhere"))
    assert again["test"] == results(tmp_path / "outputs" / "moved")["test"]
    assert not (tmp_path / "data").exists()


def test_two_files_below_data_dir_are_two_rows(start, tmp_path):
    (tmp_path / "data").mkdir()
    for name, first in (("a", 1), ("b", 2)):
        lines = [f"{user} {first + (user + n) % 9}\n" for user in range(1, 21) for n in range(6)]
        (tmp_path / "data" / f"{name}.txt").write_text("".join(lines))
    one = [option for option in PLANTED if not option.startswith("dataset")]
    start("train.py", "-m", *one, "dataset=file", "dataset.path=data/a.txt,data/b.txt",
          "trainer.max_steps=1", "hydra.sweep.dir=sweep")  # fmt: skip
    table = (tmp_path / "sweep" / "results.md").read_text()
    assert "a.txt" in table and "b.txt" in table


def test_testing_what_is_no_run_is_refused(start):
    with pytest.raises(SystemExit, match="run must be the folder of a run"):
        start("evaluate.py", "run=nowhere")
