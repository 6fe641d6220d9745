"""NaN or infinity ends a run with its step, its parameter and the options that can cause it."""

import json

import pytest
import torch

from bam.errors import Mistake
from bam.experiment.parts.assemble import assemble
from tests.experiment.planted import PLANTED, results

RUN = (*PLANTED, "trainer.max_steps=40", "trainer.validate_every=20", "hydra.run.dir=run")


def strict(path):
    """What a JSON file holds; NaN and Infinity are no JSON."""

    def refuse(name):
        raise ValueError(name)

    return json.loads(path.read_text(), parse_constant=refuse)


@pytest.fixture
def spoilt(monkeypatch):
    """Change the parameters of a run before a step."""

    def at(step, change):
        from bam.training.update import Update

        def take(self, loss, number, move=Update.__call__):
            move(self, loss, number)
            if number == step:
                change(self.weights)

        monkeypatch.setattr(Update, "__call__", take)

    return at


def test_a_loss_that_is_nan_is_named_by_its_step_and_the_best_weights_are_kept(
    start, spoilt, tmp_path
):
    spoilt(33, lambda weights: weights[0].data.fill_(torch.nan))
    with pytest.raises(SystemExit) as ended:
        start("train.py", *RUN, "selection.tau=2")
    sentence = str(ended.value)
    assert "the loss became nan at step 34 (model.items.weight is the first param" in sentence
    assert "the weights of step 20, the best so far, are kept" in sentence
    assert "optimizer.lr=0.01, selection.tau=2, similarity.temperature=1.0" in sentence
    found = strict(tmp_path / "run" / "results.json")
    assert found["status"] == "failed" and "at step 34" in found["error"]
    assert (tmp_path / "run" / "weights.safetensors").is_file()


def test_a_weight_that_is_infinite_is_named_although_the_loss_is_finite(start, spoilt):
    def change(weights):
        weights[0].data[5, 0] = torch.inf

    spoilt(40, change)  # after the last loss
    with pytest.raises(SystemExit, match=r"infinite or NaN in steps 21 to 40 \(model.items.weig"):
        start("train.py", *RUN)


def test_a_sweep_goes_on_after_a_point_that_is_not_finite(start, tmp_path):
    with pytest.raises(SystemExit, match="1 of 2 points are not finished"):
        start("train.py", "-m", *RUN[:-1], "optimizer.lr=1e30,0.01", "hydra.sweep.dir=sweep")
    found = [results(path.parent)["status"] for path in tmp_path.glob("sweep/*/results.json")]
    assert sorted(found) == ["failed", "finished"]


def test_a_metric_that_is_nan_is_null_in_every_file_and_empty_in_tables(
    start, tmp_path, monkeypatch
):
    from bam.evaluation.metric.mrr import MRR

    def undefined(self, outcome):
        yield "mrr", torch.full((len(outcome.ranks),), torch.nan)

    monkeypatch.setattr(MRR, "__call__", undefined)
    start("train.py", "-m", *RUN[:-1], "seed=1,2", "hydra.sweep.dir=sweep")
    runs = [path.parent for path in tmp_path.glob("sweep/*/results.json")]
    assert [strict(run / "results.json")["test"]["mrr"] for run in runs] == [None, None]
    lines = [(run / "metrics.jsonl").read_text() for run in runs]
    assert all("NaN" not in text and '"mrr": null' in text for text in lines)
    assert "nan" not in (tmp_path / "sweep" / "results.md").read_text()
    start("report.py", "sweep")
    printed = start("evaluate.py", f"run={runs[0]}")
    assert "NaN" not in printed and json.loads(printed)["test"]["mrr"] is None


def test_a_metric_that_chooses_the_weights_must_be_finite(start, monkeypatch):
    monkeypatch.setattr(
        "bam.evaluation.metric.recall.Recall.__call__",
        lambda self, outcome: iter([("recall@20", torch.tensor([torch.nan]))]),
    )
    with pytest.raises(SystemExit, match="recall@20 became nan at step 20"):
        start("train.py", *RUN)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["loss.single_interest.weight=-0.5"], r"loss.single_interest.weight must be at least 0"),
        (["loss.multi_interest.weight=nan"], r"loss.multi_interest.weight must be a finite number"),
        (["regularisation=routing", "regularisation.routing.weight=-1"], r"routing.weight must"),
        (["loss=single_interest", "loss.single_interest.weight=0"], "loss must have a weight abo"),
    ],
)
def test_weights_are_at_least_0_and_not_all_0(configured, options, message):
    with pytest.raises(Mistake, match=message):
        assemble(configured("dataset=planted", *options))
