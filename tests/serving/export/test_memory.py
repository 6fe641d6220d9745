"""What a memory adds is in lists, in reasons, in exports and in a run that is tested again."""

import math
import shutil

import pytest
import torch

import bam
from bam.experiment.opened.ask import choices_of
from bam.experiment.opened.load_export import load_export
from bam.serving.explain import explain
from bam.serving.export.files import MEMORY
from bam.serving.histories import read_history
from bam.system.checksums import record_folder
from tests.serving.export.test_export import HISTORIES, same

FORMS = {"logarithmic": "blending.strength=3", "linear": "blending.weight=0.4"}


@pytest.fixture(scope="module", params=FORMS)
def options(request):
    return "memory=transitions", f"blending={request.param}", FORMS[request.param]


@pytest.fixture(scope="module")
def remembering(make_run, options):
    return make_run(*options)


@pytest.fixture(scope="module")
def exported(remembering, make_export):
    return make_export(remembering)


def scores(run, history):
    """By the model, and what the memory adds, of every item: [V1] each."""
    read = torch.tensor([history[-12:]])
    with torch.no_grad():
        found = run.model(read, read[:, :0])
        model = (found.vectors[0] @ run.model.table().T).amax(0)
        given = run.memory(read, run.model.scores(found))
    added = torch.zeros(1, len(model))
    given.write(added, 0)
    return model, added[0]


@pytest.mark.parametrize("memory", ["neighbours", "mixed"])
def test_the_card_names_the_histories_that_a_memory_has(make_run, make_export, memory):
    card = load_export(make_export(make_run(f"memory={memory}"))).card
    assert "the histories of the training part" in card and "no histories" not in card


def test_the_card_says_of_a_memory_only_what_is_true_of_every_memory(exported):
    card = load_export(exported).card
    assert f"in {MEMORY} what Transitions has counted of the training part" in card
    assert "no histories, no ids of users" in card and "counts of items" not in card


@pytest.mark.parametrize("merge", ["score", "maximum"])
def test_a_list_is_ordered_by_both_together(remembering, merge):
    """The maximum over interests is also a merge of their lists."""
    for history in HISTORIES.values():
        model, added = scores(remembering, history)
        both = (model + added).index_fill(0, torch.tensor([0, *history]), -math.inf)
        found = remembering.recommend(history, 10, f"merge={merge}")
        expected = both.topk(10).values
        torch.testing.assert_close(torch.tensor(found["score"]).float(), expected)
        assert added.any()


def test_an_item_that_the_model_alone_would_not_list_is_brought_by_the_memory(remembering):
    alone = bam.load(remembering.folder, "memory=none")
    brought = []
    for history in HISTORIES.values():
        listed = alone.recommend(history, 10)["item"].to_list()
        found = remembering.recommend(history, 10)
        for item, predictor in found.select("item", "predictor").rows():
            assert predictor == ("model" if item in listed else "transitions")
        brought += found["predictor"].to_list()
    assert "transitions" in brought


def test_the_reasons_have_what_the_memory_has_added(remembering):
    retriever = remembering.retriever
    history = read_history(retriever.items, HISTORIES["a"])
    [answer] = explain(retriever, [history], 10, 5, choices_of(()))
    model, added = scores(remembering, HISTORIES["a"])
    listed = [*answer.items, *(one for each in answer.interests for one in each.items)]
    assert any(one.memory for one in listed)
    for one in listed:
        assert one.memory == pytest.approx(float(added[int(one.item)]), abs=1e-5)
    for one in answer.items:
        both = float(model[int(one.item)] + added[int(one.item)])
        assert one.score == pytest.approx(both, abs=1e-5)


def test_an_export_carries_it(remembering, exported, folder):
    found = load_export(exported)
    for history in HISTORIES.values():
        same(found.recommend(history, 10), remembering.recommend(history, 10))
    assert f"`{MEMORY}`" in found.card
    assert not (folder / MEMORY).exists()  # of a run without a memory


def test_other_indexes_find_its_items_too(remembering, make_export):
    found = load_export(make_export(remembering, "index=ivf"))
    for history in HISTORIES.values():
        _, added = scores(remembering, history)
        best = int(added.index_fill(0, torch.tensor(history), 0).argmax())
        assert str(best) in found.recommend(history, 20)["item"].to_list()


def test_whoever_may_read_one_file_may_read_all(remembering, exported):
    """A server is often another user than the one who trained."""
    for folder in (remembering.folder, exported):
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert {"weights.safetensors", MEMORY} <= {path.name for path in files}
        assert len({path.stat().st_mode for path in files}) == 1, folder


@pytest.mark.parametrize("damage", ["gone", "short", "of another memory"])
def test_a_damaged_memory_is_refused_in_one_sentence(exported, tmp_path, damage):
    copied = shutil.copytree(exported, tmp_path / "copied")
    file = copied / MEMORY
    if damage == "gone":
        file.unlink()
    elif damage == "short":
        file.write_bytes(file.read_bytes()[:40])
    else:
        shutil.copy(copied / "weights.safetensors", file)
    (copied / "SHA256SUMS").unlink()
    record_folder(copied)
    with pytest.raises(bam.Mistake, match=MEMORY):
        load_export(copied)


def test_a_run_is_tested_again_with_the_same_figures_or_with_another_memory(remembering):
    tested = remembering.results["test"]
    assert bam.evaluate(remembering)["test"] == tested
    valid = bam.evaluate(remembering, "part=valid")["valid"]
    for name, value in remembering.results["valid"].items():
        assert valid.get(name, value) == pytest.approx(value)
    without = bam.evaluate(remembering, "memory=none")["test"]
    assert without != tested
    with pytest.raises(bam.Mistake, match="part must be test or valid, got 'train'"):
        bam.evaluate(remembering, "part=train")


def test_a_memory_is_no_part_of_training_and_can_be_added_to_a_trained_run(make_run, run, options):
    """Until a validation stops it: the weights of each step are those without a memory."""
    remembering = make_run(*options, "trainer.patience=100")
    added = bam.load(run.folder, *options)
    assert remembering.history["loss"].to_list() == run.history["loss"].to_list()
    if remembering.results["best_step"] == run.results["best_step"]:
        for history in HISTORIES.values():
            same(added.recommend(history, 5), remembering.recommend(history, 5))
