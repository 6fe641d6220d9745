"""Several finished runs become another run, with weights that are chosen on validation."""

import csv
import json

import pytest

import bam
from tests.experiment.planted import PLANTED

SMALL = ("dataset.num_users=200", "trainer.max_steps=40", "trainer.validate_every=40")
FEW = ("tries.ensemble.weight=[0.3,1,3]", "threads=1")
# of another length, width, number of interests, similarity, table and aggregation
OTHER = ("backbone=transformer", "dim=8", "num_interests=2", "history_length=7", "loss=mixture",
         "similarity=cosine", "table=cooccurrence", "aggregation=mixture", "backbone.blocks=1",
         "likelihood=full_softmax")  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


def trained(place, name, *options):
    folders = (f"data_dir={place}/data", f"hydra.run.dir={place}/{name}")
    return bam.train(*PLANTED, *SMALL, *options, *folders)


@pytest.fixture(scope="module")
def first(place):
    return trained(place, "first")


@pytest.fixture(scope="module")
def other(place):
    return trained(place, "other", *OTHER)


def blended(place, run, with_, name, *options):
    words = (f"with={with_}", f"data_dir={place}/data", f"hydra.run.dir={place}/{name}")
    return bam.blend(run, *FEW, *words, *options)


@pytest.fixture(scope="module")
def ensemble(place, first, other):
    before = [files(run.folder) for run in (first, other)]
    found = blended(place, first, other.folder, "ensemble")
    assert [files(run.folder) for run in (first, other)] == before
    return found


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def tried(run):
    with (run.folder / "tried.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_weights_that_are_best_on_validation_are_in_the_config(first, other, ensemble):
    one, two, *ways = tried(ensemble)
    assert float(one["recall@20"]) == first.results["valid"]["recall@20"]
    assert float(two["recall@20"]) == other.results["valid"]["recall@20"]
    assert len(ways) == 6
    best = max(ways, key=lambda way: float(way["recall@20"]))
    pooling = ensemble.config["aggregation"]["pooling"]
    assert pooling["_target_"].endswith(best["blending"].capitalize())
    weights = [float(best[f"aggregation.pooling.weights.{m}"]) for m in (0, 1)]
    assert pooling["weights"] == weights and weights[0] == 1
    assert ensemble.results["valid"]["recall@20"] == float(best["recall@20"])


def test_the_new_run_is_one_like_any_other(place, first, other, ensemble):
    assert bam.evaluate(ensemble)["test"] == ensemble.results["test"]
    assert (ensemble.folder / "ranks.npy").is_file()
    assert ensemble.config["dim"] == 16 + 8 and ensemble.config["num_interests"] == 4 + 2
    assert ensemble.results["backbone"] == "remi+transformer"
    again = blended(place, first, other.folder, "ensemble")
    assert again.results == ensemble.results


def test_an_ensemble_is_not_ranked_beside_seen_items_that_score_0(ensemble):
    with pytest.raises(bam.Mistake, match=r"evaluation must be clean or repeats .* an ensemble"):
        bam.evaluate(ensemble, "evaluation=published")


def test_an_item_says_which_interest_of_which_member_brings_it(ensemble):
    found = ensemble.recommend(["1", "2"], 30, "merge=quota", "weighting=equal")
    assert set(found["interest"]) == {1, 2, 3, 4, 5, 6}
    assert ensemble.interests(["1", "2"]).vectors.shape == (6, 24)


def test_a_memory_beside_an_ensemble_makes_another_run(place, ensemble):
    more = (
        "forms=[logarithmic]",
        "tries.transitions.gamma=[0.6]",
        "tries.logarithmic.strength=[1]",
    )
    found = blended(place, ensemble, "transitions", "remembering", *more)
    assert found.config["memory"]["gamma"] == 0.6
    alone, _ = tried(found)
    assert float(alone["recall@20"]) == ensemble.results["valid"]["recall@20"]
    with pytest.raises(bam.Mistake, match="must be runs without a memory, which is blended with"):
        blended(place, found, ensemble.folder, "wrong")


def test_an_ensemble_may_be_a_member(place, other, ensemble):
    found = blended(place, ensemble, other.folder, "nested", "tries.ensemble.weight=[1]")
    assert found.config["dim"] == 16 + 8 + 8
    assert bam.evaluate(found)["test"] == found.results["test"]


def test_a_run_that_was_trained_on_validation_too_is_no_member(place, first):
    refitted = trained(place, "refitted", "refit=true")
    with pytest.raises(bam.Mistake, match="with must be runs with refit=false"):
        blended(place, first, refitted.folder, "with-refitted")


def test_a_member_may_lie_in_a_folder_of_any_name(place, first, other):
    for name in ("r(1)", "ünï", "2024"):
        (place / name).symlink_to(other.folder)
        assert blended(place, first, place / name, f"with {name}").config["refit"] is False


def test_several_others_have_a_weight_each(place, first, other):
    third = trained(place, "third", "seed=7")
    several = f"[{other.folder},{third.folder}]"
    found = blended(place, first, several, "three", "forms=[linear]", "tries.ensemble.weight=[1,2]")
    assert len(found.config["aggregation"]["pooling"]["weights"]) == 3
    weights = [f"aggregation.pooling.weights.{m}" for m in range(3)]
    settings = {tuple(float(way[path]) for path in weights) for way in tried(found)[3:]}
    assert {(1.0, 1.0, 2.0), (1.0, 2.0, 2.0)} <= settings


def test_new_interactions_are_added_to_an_ensemble_and_steps_are_refused(place, ensemble):
    raw = place / "new.csv"
    raw.write_text("user,item,time\n5,7,99999999\n5,new,99999999\n")
    where = (f"data_dir={place}/data", "threads=1", f"raw={raw}")
    with pytest.raises(bam.Mistake, match="steps must be 0 for an ensemble, whose members"):
        bam.update(ensemble, *where, "steps=5", f"hydra.run.dir={place}/wrong")
    found = bam.update(ensemble, *where, f"hydra.run.dir={place}/updated")
    assert found.results["sizes"]["items"] == ensemble.results["sizes"]["items"] + 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("with={first}",), "with must be other runs than run="),
        (("with={other},{first}",), "with must have one value, got"),
        (("with={published}",), "with must be runs with evaluation=clean or repeats"),
        (("with=[]",), "with must be a memory that knows something, or the folder of another run"),
        (("with={place}/none",), "with must be the folder of a run, with a config.yaml"),
        (("with={unfinished}",), "with must be a finished run, got"),
        (("with={later}",), "with must be runs with the split of run="),
        (("with={elsewhere}",), "with must be runs of the data of run="),
        (("with={other}", "forms=[liner]"), "forms must be of linear, logarithmic with other runs"),
        (("with={other}", "choose_by=recal"), "choose_by must be one of recall@"),
        (("with={other}", "tries.ensemble.weight=[0]"), "tries.ensemble.weight must be above 0"),
    ],
)
def test_a_mistake_is_named_and_leaves_nothing(place, first, other, options, sentence):
    known = {"place": place, "first": first.folder, "other": other.folder}
    for name, options_of in (
        ("later", "split=unseen_users"),
        ("elsewhere", "dataset.seed=3"),
        ("published", "evaluation=published"),
    ):
        if any(name in option for option in options):
            known[name] = trained(place, name, options_of).folder
    known["unfinished"] = place / "unfinished"
    known["unfinished"].mkdir(exist_ok=True)
    (known["unfinished"] / "config.yaml").write_bytes((first.folder / "config.yaml").read_bytes())
    words = [option.format(**known) for option in options]
    with pytest.raises(bam.Mistake) as found:
        bam.blend(first, *FEW, f"data_dir={place}/data", f"hydra.run.dir={place}/wrong", *words)
    assert sentence in str(found.value)
    assert not (place / "wrong").exists()
    assert json.loads((first.folder / "results.json").read_text())["status"] == "finished"
