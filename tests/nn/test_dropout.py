"""Which elements are dropped, and what happens to the others."""

import pytest
import torch

from bam.errors import Mistake
from bam.nn.dropout import Dropout


@pytest.mark.parametrize("p", [0.1, 0.4, 0.5, 0.9])
def test_each_element_is_dropped_with_probability_p_and_the_mean_stays(p):
    output = Dropout(p)(torch.ones(1000, 1003))
    assert output.eq(0).float().mean().item() == pytest.approx(p, abs=0.002)  # four standard errors
    assert output.mean().item() == pytest.approx(1, abs=0.013)
    values = output.unique()
    torch.testing.assert_close(values, torch.tensor([0, 1 / (1 - p)]), rtol=2e-4, atol=0)


def test_neighbours_are_dropped_independently():
    dropped = Dropout(0.5)(torch.ones(400_000)).eq(0).float() - 0.5
    for step in (1, 2, 3, 4):  # four elements share a draw
        assert abs(4 * (dropped[step:] * dropped[:-step]).mean().item()) < 0.007


def test_a_seed_decides_what_is_dropped():
    x, dropout = torch.ones(5, 7), Dropout(0.3)
    torch.manual_seed(1)
    first, second = dropout(x), dropout(x)
    torch.manual_seed(1)
    assert torch.equal(dropout(x), first) and not torch.equal(first, second)


def test_the_gradient_passes_where_the_element_stays():
    x = torch.ones(3, 50, requires_grad=True)
    output = Dropout(0.4)(x)
    output.sum().backward()
    assert torch.equal(x.grad, output)


@pytest.mark.parametrize("dropout", [Dropout(0.5).eval(), Dropout(0.0)])
def test_without_anything_to_drop_the_argument_is_returned(dropout):
    x = torch.randn(3, 4)
    assert dropout(x) is x


def test_the_precision_stays():
    assert Dropout(0.5)(torch.ones(9, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_dropping_everything_is_refused():
    with pytest.raises(Mistake, match="dropout must be at least 0 and below 1"):
        Dropout(1.0)
