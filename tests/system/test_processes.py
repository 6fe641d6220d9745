"""One process alone; several are started in tests/experiment/test_parallel.py."""

import pytest
import torch
from torch import distributed, nn

from bam.errors import Mistake
from bam.system.processes import ALONE, Processes


class Pair(Processes):
    """The first of two processes, whose other one gives a mistake."""

    def gather(self, part):
        return [part, Mistake("of the other process")]


def fail():
    raise Mistake("of this process")


def test_a_process_alone_gets_its_own_result():
    assert ALONE.together(lambda: 3) == ALONE.first(lambda: 3) == 3
    with pytest.raises(Mistake, match="of this process"):
        ALONE.first(fail)


def test_a_mistake_in_another_process_is_raised_here_too():
    with pytest.raises(Mistake, match="of the other process"):
        Pair(0, 2).together(lambda: 3)


def test_a_mistake_of_this_process_comes_before_that_of_another():
    with pytest.raises(Mistake, match="of this process"):
        Pair(0, 2).together(fail)


def test_the_first_process_keeps_the_seed_of_the_experiment():
    assert [Processes(i, 2).seed(7) for i in (0, 1)] == [7, 1_000_010]


def test_after_a_restart_no_process_draws_what_another_one_or_an_earlier_step_has_drawn():
    seeds = [Processes(i, 99).seed(7, step) for i in range(99) for step in (0, 1, 100, 20_000)]
    assert len(set(seeds)) == len(seeds)


@pytest.fixture
def group():
    """A group of this process alone, which averages nothing."""
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def test_a_step_is_synchronised_without_its_buffers_and_without_a_warning(group):
    step = nn.BatchNorm1d(3)
    synchronised = Processes(0, 2).synchronised(step, without=["bias"])
    assert not synchronised.modules_buffers
    synchronised(torch.randn(4, 3)).sum().backward()
    assert step.weight.grad is not None and step.bias.grad is not None


def test_a_part_that_no_step_uses_stops_no_step(group):
    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(3, 1), nn.Linear(3, 1)

        def forward(self, x):
            return self.used(x).sum()

    step = Half()
    synchronised = Processes(0, 2).synchronised(step)
    for _ in range(3):
        synchronised(torch.randn(4, 3)).backward()
    assert step.used.weight.grad is not None and step.unused.weight.grad is None
