"""The loop alone, on a model so small that its every number is known."""

import math
from dataclasses import replace
from itertools import count

import pytest
import torch
from torch import nn

from bam.errors import Mistake
from bam.records import Batch
from bam.system.stop import Stopped
from bam.training.averaging.none import Current
from bam.training.interruption import Interruption
from bam.training.progress import Progress
from bam.training.schedule.decay import linear
from bam.training.trainer import Trainer
from bam.training.update import Update


class Falling(nn.Module):
    """A loss that is one parameter."""

    def __init__(self, value):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, batch):
        return self.value


def batches():
    while True:
        yield Batch(torch.ones(4, 2).long(), torch.ones(4, 0).long(), *torch.ones(2, 4).long())


def fit(scores, value=5.0, max_steps=40, patience=2, progress=None, saved=None, final_share=1.0):
    """Train as an experiment does; returns the progress, the kept weights and the lines."""
    objective, kept, lines = Falling(value), [], []
    schedule = linear(0, max_steps, final_share)
    optimizer = torch.optim.SGD(objective.parameters(), lr=0.1)
    update = Update(objective, objective, optimizer, schedule, Current(), clip_norm=0.0)
    progress, scores = progress or Progress(), iter(scores)
    trainer = Trainer(
        max_steps, validate_every=10, patience=patience, metric="m", log_every=3, clip_norm=0.0
    )
    for trained in trainer.stretches(objective, batches(), update, progress):
        metrics = {"m": next(scores)}
        if trainer.judge(progress, metrics):
            kept.append(objective.value.item())
        lines.append({"step": progress.step, **trained, **metrics})
        if saved is not None:
            saved.append(replace(progress))
    return progress, kept, lines


def test_the_best_weights_are_kept_and_not_the_last():
    progress, kept, _ = fit([0.1, 0.3, 0.2, 0.25])
    assert progress.best_step == 20 and progress.best == 0.3 and progress.valid == {"m": 0.3}
    assert kept == pytest.approx([4.0, 3.0])  # after 10 and after 20 steps of 0.1


def test_training_stops_after_patience_validations_without_a_better_metric():
    progress, _, _ = fit([0.3, 0.3, 0.2, 0.9])
    assert progress.step == 30 and progress.best_step == 10


def test_the_last_stretch_may_be_shorter_than_the_others():
    progress, _, lines = fit([0.1, 0.2, 0.3], max_steps=25)
    assert progress.step == 25 and [line["step"] for line in lines] == [10, 20, 25]


def test_every_line_has_the_mean_loss_since_the_last_validation():
    _, _, lines = fit([0.1, 0.2], max_steps=20)
    assert [line["loss"] for line in lines] == pytest.approx([4.55, 3.55], abs=1e-4)
    assert all(line["samples_per_second"] > 0 for line in lines)


def test_the_loss_between_validations_is_the_mean_of_the_last_steps_also_after_a_stop():
    objective, progress, tracked = Falling(5.0), Progress(), []
    optimizer = torch.optim.SGD(objective.parameters(), lr=0.1)
    update = Update(objective, objective, optimizer, linear(0, 20, 1.0), Current(), clip_norm=0.0)
    trainer = Trainer(20, 10, patience=9, metric="m", log_every=3, clip_norm=0.0)

    def after_step(step):
        if step == 7 and len(tracked) == 2:
            tracked.append(None)
            raise KeyboardInterrupt

    def train():
        track = lambda step, loss: tracked.append((step, round(loss, 4)))  # noqa: E731
        for _ in trainer.stretches(objective, batches(), update, progress, after_step, track):
            trainer.judge(progress, {"m": 0.1})

    with pytest.raises(KeyboardInterrupt):
        train()
    train()
    assert tracked[:4] == [(3, 4.9), (6, 4.6), None, (9, 4.3)]  # 9: of 7, 8 and 9
    assert tracked[4:] == [(13, 3.9), (16, 3.6), (19, 3.3)]


def test_every_line_has_the_learning_rate_of_its_last_step():
    saved = []
    _, _, lines = fit([0.1, 0.2], max_steps=20, final_share=0.0, saved=saved)
    assert [line["learning_rate"] for line in lines] == pytest.approx([0.05, 0.0])
    _, _, later = fit([0.2], max_steps=20, final_share=0.0, progress=saved[0])
    assert later[0]["learning_rate"] == lines[1]["learning_rate"]


def test_training_that_is_stopped_at_any_step_goes_on_with_the_same_figures():
    def train(stop_at):
        objective, progress, lines = Falling(5.0), Progress(), []
        optimizer = torch.optim.SGD(objective.parameters(), lr=0.1)
        schedule = linear(0, 20, 1.0)
        update = Update(objective, objective, optimizer, schedule, Current(), clip_norm=0.0)
        trainer = Trainer(20, 10, patience=9, metric="m", log_every=3, clip_norm=0.0)

        def after_step(step):
            if step in stop_at:
                stop_at.remove(step)
                raise KeyboardInterrupt

        while progress.step < 20 or progress.waiting or progress.stretch.steps:
            try:
                for trained in trainer.stretches(
                    objective, batches(), update, progress, after_step
                ):
                    trained.pop("samples_per_second")
                    lines.append(trained)
                    trainer.judge(progress, {"m": 0.1})
            except KeyboardInterrupt:
                assert progress.waiting == {}
        return lines, progress.samples

    assert train([1, 7, 10, 13, 20]) == train([])


def test_a_validation_that_was_stopped_is_done_again_with_the_same_figures():
    objective, progress = Falling(5.0), Progress()
    optimizer = torch.optim.SGD(objective.parameters(), lr=0.1)
    update = Update(objective, objective, optimizer, linear(0, 10, 1.0), Current(), clip_norm=0.0)
    trainer = Trainer(10, 10, patience=9, metric="m", log_every=3, clip_norm=0.0)
    first = next(trainer.stretches(objective, batches(), update, progress))
    stretches = trainer.stretches(objective, batches(), update, progress)
    assert next(stretches) == first and progress.step == 10
    trainer.judge(progress, {"m": 0.1})
    assert list(stretches) == []


def test_a_negative_clip_norm_is_refused():
    with pytest.raises(Mistake, match=r"clip_norm must be at least 0, got -1\.0"):
        Trainer(1, 1, 1, "m", 1, clip_norm=-1.0)


def test_the_time_left_is_from_the_end_by_patience_to_the_end_of_all_steps():
    trainer = Trainer(100, 10, patience=3, metric="m", log_every=3, clip_norm=0.0)
    progress = Progress(step=40, best_step=20, validations=4, validation_seconds=8.0)
    earliest, latest = trainer.time_left(progress, speed=2.0)  # ends at 50, and at 100
    assert earliest == 10 / 2.0 + 1 * 2.0 and latest == 60 / 2.0 + 6 * 2.0
    assert trainer.time_left(Progress(step=100, best_step=90), speed=2.0) == (0, 0)


def test_samples_are_counted():
    progress, _, _ = fit([0.1, 0.2], max_steps=20)
    assert progress.samples == 80


def test_a_loss_that_is_no_number_stops_training():
    with pytest.raises(Mistake, match=r"the loss became nan at step 1 \(value is the first"):
        fit([0.1], value=math.nan)


@pytest.mark.parametrize("step", [2, 3, 4, 15, 20])
def test_the_first_step_whose_loss_is_no_number_is_named(monkeypatch, step):
    calls = count(1)

    def forward(self, batch):
        return self.value / (0.0 if next(calls) == step else 1.0)

    monkeypatch.setattr(Falling, "forward", forward)
    with pytest.raises(Mistake, match=rf"the loss became inf at step {step} "):
        fit([0.1, 0.2], max_steps=20)


def test_a_metric_that_is_no_number_stops_training():
    with pytest.raises(Mistake, match="m became nan at step 20"):
        fit([0.1, math.nan], max_steps=20)


def test_several_processes_stop_at_a_tenth_step_and_together():
    several = Interruption(lambda number: 15)  # another process has had a SIGTERM
    several.after_step(9)
    with pytest.raises(Stopped, match="stopped by SIGTERM"):
        several.after_step(10)


@pytest.mark.parametrize("key", ["validate_every", "patience", "log_every"])
def test_counts_below_one_are_refused(key):
    counts = {
        "max_steps": 1,
        "validate_every": 1,
        "patience": 1,
        "log_every": 1,
        "clip_norm": 0.0,
    }
    with pytest.raises(Mistake, match=f"{key} must be at least 1, got 0"):
        Trainer(metric="m", **{**counts, key: 0})


def test_lines_of_validations_that_will_be_made_again_are_not_of_judged_steps():
    judged = Progress(step=20, valid={"m": 0.1})
    waits = Progress(step=20, valid={"m": 0.1}, waiting={"loss": 1.0})
    assert [judged.judged, waits.judged, Progress(step=20).judged] == [20, 19, 19]


def test_training_continues_from_where_it_was_saved():
    saved = []
    whole, _, _ = fit([0.1, 0.3, 0.2, 0.25], saved=saved)
    later, kept, lines = fit([0.2, 0.25], progress=saved[1])
    assert (later.step, later.best, later.best_step) == (whole.step, whole.best, whole.best_step)
    assert not kept and [line["step"] for line in lines] == [30, 40]


def test_finished_training_takes_no_further_step():
    saved = []
    fit([0.1, 0.2], max_steps=20, saved=saved)
    progress, _, lines = fit([], max_steps=20, progress=saved[-1])
    assert progress.step == 20 and not lines


def test_without_any_step_there_is_one_validation():
    progress, kept, lines = fit([0.1], max_steps=0)
    assert progress.validations == 1 and kept == [5.0] and lines[0]["step"] == 0


def test_a_caller_that_never_judges_still_comes_to_an_end():
    objective = Falling(5.0)
    optimizer = torch.optim.SGD(objective.parameters(), lr=0.1)
    update = Update(objective, objective, optimizer, linear(0, 20, 1.0), Current(), clip_norm=0.0)
    trainer = Trainer(20, 10, patience=9, metric="m", log_every=3, clip_norm=0.0)
    assert len(list(trainer.stretches(objective, batches(), update, Progress()))) == 2
