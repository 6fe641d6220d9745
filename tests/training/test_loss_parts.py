"""The parts of the loss, apart."""

import pytest
import torch

from bam.experiment.one_run.steps import prepare, stream
from bam.experiment.parts.assemble import assemble
from bam.system.device import random_state
from bam.training.loss_parts import loss_parts
from tests.conftest import resolved, with_data_in

ANNEALED = ("selection=p_annealed", "selection.first=0.1", "selection.last=2", "selection.steps=9")


def parts_of(folder, *overrides):
    config = resolved("train", ("dataset=planted", *overrides), are_small=True)
    return assemble(with_data_in(folder, config))


def test_the_parts_add_up_to_the_loss(tmp_path):
    parts = parts_of(tmp_path, "selection=hard", "backbone=remi")
    batch = next(stream(parts))
    torch.manual_seed(parts.settings.seed)
    loss = parts.step.eval()(batch)
    found = loss_parts(parts.step, batch, parts.settings.seed)
    assert set(found) == {"loss/single_interest", "loss/multi_interest", "loss/routing"}
    assert sum(found.values()) == pytest.approx(loss.item(), rel=1e-6)


def test_the_part_of_a_mixture_is_that_of_training(tmp_path):
    """Outside of training its interests score with log Z_k."""
    options = ("backbone=comirec_sa", "aggregation=mixture", "loss=mixture", "selection=hard")
    parts = parts_of(tmp_path, *options, "likelihood=full_softmax")
    batch = next(stream(parts))
    torch.manual_seed(parts.settings.seed)
    expected = parts.step.train().terms(batch)["mixture"].item()
    found = loss_parts(parts.step, batch, parts.settings.seed)["loss/mixture"]
    assert found == pytest.approx(expected, rel=1e-5)


def test_looking_at_the_parts_changes_neither_draws_nor_buffers(tmp_path):
    parts = parts_of(tmp_path, *ANNEALED)
    training = prepare(parts)
    training.update(parts.step.train()(next(training.batches)), 1)
    before = [random_state(parts.device)["cpu"], *(each.clone() for each in parts.step.buffers())]
    first, again = (loss_parts(parts.step, next(stream(parts)), 7) for _ in range(2))
    after = [random_state(parts.device)["cpu"], *parts.step.buffers()]
    assert all(map(torch.equal, before, after)) and first == again
