"""memory=mixed: the shares of two memories as one."""

import pytest
import torch
from torch import nn

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.model.additions import Additions
from bam.model.memory.mixed import Mixed
from tests.contracts.memory import dense, histories
from tests.contracts.split import made


class Given(nn.Module):
    """The same shares for every history."""

    def __init__(self, item, score, num_items, training):
        super().__init__()
        self.item, self.score = torch.tensor(item), torch.tensor(score)

    def forward(self, history):
        return Additions.summed(torch.zeros_like(self.item), self.item, self.score)


def given(item, score):
    return lambda **options: Given(item, score, **options)


def test_shares_are_mixed_and_a_share_that_one_memory_lacks_is_0_there():
    memory = Mixed(9, lambda: None, given([2, 3], [0.5, 0.5]), given([3, 4], [0.25, 0.75]), 0.8)
    found = memory(torch.tensor([[1]]))
    assert found.item.tolist() == [2, 3, 4]
    assert found.score.tolist() == pytest.approx([0.1, 0.3, 0.6])


def test_both_parts_have_the_options_they_have_alone(configured):
    data = made(0)
    training = torch.tensor([0, 0, 0, 1, 1]), torch.tensor([1, 2, 3, 1, 4])
    nodes = [
        configured(f"memory={name}")["memory"] for name in ("mixed", "transitions", "neighbours")
    ]
    history = histories(data)
    mixed, *parts = (
        dense(build(node, "memory", num_items=50, training=lambda: training)(history), 9, data)
        for node in nodes
    )
    torch.testing.assert_close(mixed, 0.3 * parts[0] + 0.7 * parts[1])


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_a_weight_that_leaves_one_memory_out_is_refused(weight):
    with pytest.raises(Mistake, match="weight must be above 0 and below 1"):
        Mixed(9, lambda: None, given([1], [1.0]), given([1], [1.0]), weight)
