"""Every option of conf/averaging."""

import pytest
import torch
from torch import nn

from bam.config.instantiate import component
from bam.errors import Mistake
from bam.training.averaging.ema import MovingAverage
from bam.training.averaging.none import Current
from tests.broken.averaging import REFUSED
from tests.conftest import options
from tests.contracts import averaging as contract
from tests.contracts import checks, refusing
from tests.contracts.averaging import module


@pytest.mark.parametrize("name", options("averaging"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_averaging_keeps_the_contract(configured, name, check):
    check(component(configured(f"averaging={name}")["averaging"], "averaging"))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_averaging_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken(0.9)) == rules


def test_without_an_average_the_weights_themselves_are_kept():
    step = module()
    assert Current().begin(step) is step


def test_a_moving_average_takes_memory_for_what_is_trained_alone():
    step = module()
    averaged = MovingAverage(0.9).begin(step)
    own = {name for name, value in averaged.state_dict().items()
           if value.data_ptr() != step.state_dict()[name].data_ptr()}  # fmt: skip
    assert own == {"trained.weight", "trained.bias"}
    assert not any(average.requires_grad for average in averaged.parameters())
    assert step["trained"].weight.requires_grad


def test_the_first_steps_forget_the_initial_weights_faster():
    average, expected = torch.tensor([8.0]), 8.0
    averaging = MovingAverage(0.3)
    for number, weight in enumerate((1.0, -2.0, 5.0), start=1):
        averaging.update([average], [nn.Parameter(torch.tensor([weight]))], number)
        decay = {1: 2 / 11, 2: 3 / 12, 3: 0.3}[number]  # 4/13 would be above
        expected = decay * expected + (1 - decay) * weight
    assert average.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_a_decay_that_is_no_average_is_refused(decay):
    with pytest.raises(Mistake, match=f"decay must be from 0 to below 1, got {decay}"):
        MovingAverage(decay)
