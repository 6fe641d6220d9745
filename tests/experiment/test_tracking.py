"""A training gives its trackers the whole run."""

import json

import pytest

from tests.contracts.tracker import of_tensorboard
from tests.experiment.planted import PLANTED, results

RUN = (*PLANTED, "hydra.run.dir=run", "tracker=tensorboard", "trainer.max_steps=100",
       "trainer.validate_every=50", "trainer.log_every=20")  # fmt: skip


def test_a_finished_run_has_its_losses_validations_test_and_tags(start, tmp_path):
    start("train.py", *RUN)
    stored, found = of_tensorboard(tmp_path / "run", {}), results(tmp_path / "run")
    assert stored.status == "finished"
    assert stored.numbers["best_step"] == found["best_step"]
    for name, value in found["test"].items():
        assert stored.numbers[f"test/{name}"] == pytest.approx(value)
    assert [step for name, step in stored.points if name == "recent_loss"] == [20, 40, 70, 90]
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [50, 100]
    assert [step for name, step in stored.points if name == "recall@10"] == [50, 100]
    assert stored.tags["backbone"] == found["backbone"]
    assert stored.tags["seed"] == str(found["seed"])


def test_a_run_that_fails_is_tracked_as_failed(start, tmp_path):
    with pytest.raises(SystemExit):
        start("train.py", *RUN, "optimizer.lr=1e30")
    stored = of_tensorboard(tmp_path / "run", {})
    assert stored.status == "failed" and "became" in stored.error
