"""What is no finite number is found, and what is finite is let alone."""

import pytest
import torch
from torch import nn

from bam.training.finite import NotFinite, require_finite_weights


class Holder(nn.Module):
    """As one of several processes holds a step."""

    def __init__(self, module):
        super().__init__()
        self.module = module


def test_large_weights_whose_sum_is_infinite_are_finite():
    step = nn.Linear(3, 2)
    step.weight.data.fill_(3e38)
    assert step.weight.sum().isinf()
    require_finite_weights(step, last=20, since=10)


@pytest.mark.parametrize("wrap", [lambda step: step, Holder])
@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_the_first_parameter_that_is_not_finite_is_named_with_the_steps(wrap, value):
    step = nn.Linear(3, 2)
    step.bias.data[1] = value
    with pytest.raises(NotFinite, match=r"in steps 11 to 20 \(bias is the first parameter that"):
        require_finite_weights(wrap(step), last=20, since=10)
