"""The quicker product is the same product, and autograd still follows where it records."""

import pytest
import torch

from bam.product import product, tanh_product


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 300, 64), (128, 1, 5), (256, 64, 2048)])
def test_it_is_the_plain_product(shape):
    m, n, d = shape
    x, y = torch.randn(m, d), torch.randn(n, d) / d**0.5
    with torch.no_grad():
        torch.testing.assert_close(product(x, y), x @ y.T, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(tanh_product(x, y), (x @ y.T).tanh(), rtol=1e-5, atol=1e-5)


def test_operands_may_be_parts_of_others():
    x, y = torch.randn(5, 3, 8), torch.randn(8, 9)
    with torch.no_grad():
        torch.testing.assert_close(product(x[:, 1, :7], y[:7].T), x[:, 1, :7] @ y[:7])


@pytest.mark.parametrize("follow", [product, tanh_product])
def test_gradients_reach_both_operands(follow):
    x, y = torch.randn(3, 4, dtype=torch.float64), torch.randn(5, 4, dtype=torch.float64)
    assert torch.autograd.gradcheck(follow, (x.requires_grad_(), y.requires_grad_()))


def test_autocast_still_decides_the_precision():
    x, y = torch.randn(4, 8), torch.randn(6, 8)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert product(x, y).dtype == torch.bfloat16
