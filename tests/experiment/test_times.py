"""Models that need the times of a history get them, and are refused data that have none."""

from dataclasses import replace

import pytest
import torch

from bam.errors import Mistake
from bam.experiment.one_run.steps import stream
from bam.experiment.parts.assemble import assemble
from tests.conftest import resolved, with_data_in

TIMED = [("backbone=pimi", "selection=hard"), ("backbone=sasrec_decay",),
         ("backbone=sasrec_buckets",)]  # fmt: skip


def parts_of(folder, *overrides):
    config = resolved("train", ("dataset=planted", *overrides), are_small=True)
    return assemble(with_data_in(folder, config))


@pytest.mark.parametrize("method", TIMED, ids=" ".join)
def test_the_times_of_a_history_change_its_loss(tmp_path, method):
    parts = parts_of(tmp_path, *method, "intervals=times")
    step = parts.step.eval()
    for weight in step.parameters():  # a bias may start at 0
        weight.data += 0.1 * torch.randn_like(weight)
    batch = next(stream(parts))
    assert batch.times.shape == batch.history.shape
    closer = replace(batch, times=batch.times // 100)
    torch.manual_seed(1)
    before = step(batch)
    torch.manual_seed(1)
    assert step(closer) != before


def test_a_model_that_needs_no_times_gets_none(tmp_path):
    parts = parts_of(tmp_path, "backbone=pimi", "intervals=positions")
    batch = next(stream(parts))
    assert batch.times.shape[1] == 0


def test_data_without_times_are_refused_with_the_option_that_needs_none(tmp_path):
    rule = "must have times, got planted, which has none; intervals=positions works without them"
    with pytest.raises(Mistake, match=rule):
        parts_of(tmp_path, "dataset.hours=0", "backbone=pimi", "intervals=times")
