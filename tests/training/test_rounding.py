"""Thread counts that are called interchangeable give the same weights, bit by bit."""

from itertools import islice

import pytest
import torch
from torch import nn

from bam.experiment.one_run.steps import prepare
from bam.experiment.parts.assemble import assemble
from bam.records import Batch
from bam.system.device import random_state
from bam.training.rounding import _hash, interchangeable
from tests.conftest import options, resolved, with_data_in

COUNTS, CPU, STEPS = [1, 2], torch.device("cpu"), 8
BATCHES = [Batch(torch.ones(1, 1).long(), torch.ones(1, 0).long(), *torch.ones(2, 1).long())] * 2
# large enough that torch divides every operation among threads
LARGE = ("dataset=planted", "loss=multi_interest", "dim=64", "batch_size=128")


@pytest.fixture(autouse=True)
def _one_thread_again():
    yield
    torch.set_num_threads(1)


class Counting(nn.Module):
    """A loss that draws at random, changes a buffer, and whose gradient is a sum over many rows."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, batch):
        self.calls += 1
        return self.layer(torch.randn(20_000, 64)).square().mean()


class Scale(nn.Module):
    """Its gradient is summed column by column, and so in one order."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(64))

    def forward(self, x):
        return (x * self.weight).sum(1).tanh()[:1000]


def test_a_sum_that_is_cut_by_threads_is_noticed():
    assert interchangeable(Counting(nn.LayerNorm(64)), BATCHES, COUNTS, CPU) in ([1], [2])


def test_a_sum_in_a_fixed_order_may_change_its_threads():
    assert interchangeable(Counting(Scale()), BATCHES, COUNTS, CPU) == COUNTS


def test_weights_buffers_draws_and_threads_stay_as_they_are():
    step, before = Counting(Scale()), random_state(CPU)["cpu"]
    interchangeable(step, BATCHES, COUNTS, CPU)
    assert step.layer.weight.eq(1).all() and step.layer.weight.grad is None and step.calls == 0
    assert random_state(CPU)["cpu"].equal(before) and torch.get_num_threads() == 1


@pytest.mark.processes
@pytest.mark.parametrize("backbone", [b for b in options("backbone") if b != "popularity"])
def test_interchangeable_counts_train_every_backbone_to_the_same_bits(tmp_path, backbone):
    readout = ("readout=offsets",) if backbone in ("gru4rec", "transformer") else ()
    config = resolved("train", (*LARGE, f"backbone={backbone}", *readout), are_small=False)
    trained = []
    for counts in ([1], COUNTS):
        parts = assemble(with_data_in(tmp_path, config))
        training = prepare(parts)
        batches = iter(training.batches)
        counts = interchangeable(parts.step, islice(batches, 4), counts, CPU)
        for number, batch in zip(range(1, STEPS + 1), batches, strict=False):
            torch.set_num_threads(counts[number % len(counts)] if len(counts) > 1 else 1)
            training.update(parts.step(batch), number)
        trained.append(parts.step.state_dict())
    for key, value in trained[0].items():
        assert value.equal(trained[1][key]), key


def test_two_changes_that_cancel_in_a_sum_of_bits_are_seen():
    one = torch.rand(64)
    other = one.clone()
    other[:2] = other[:2].nextafter(torch.tensor(2.0))
    assert _hash(one) != _hash(other) and _hash(one) == _hash(one.clone())
