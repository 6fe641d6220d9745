"""Sums of exponentials, compared with those of torch in float64."""

import math

import pytest
import torch

from bam.nn.logsumexp import log_sum_exp, shifted_exp


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("size", [1, 30, 1e4])
def test_log_sum_exp_and_its_gradient_are_those_of_torch(dim, size):
    x = (size * torch.randn(3, 5, 7)).requires_grad_()
    exact = x.detach().double().requires_grad_()
    expected, found = exact.logsumexp(dim), log_sum_exp(x, dim)
    torch.testing.assert_close(found, expected.float(), rtol=1e-6, atol=1e-6)
    gradient = torch.randn_like(found)
    expected.backward(gradient.double())
    found.backward(gradient)
    torch.testing.assert_close(x.grad, exact.grad.float(), rtol=1e-5, atol=1e-6)


def test_a_row_of_masked_scores_is_finite_and_shares_its_gradient():
    x = (-torch.linspace(1e9, 4e9, 2000)[:, None]).repeat(1, 8).requires_grad_()
    found = log_sum_exp(x, 1)
    found.sum().backward()
    torch.testing.assert_close(found, x[:, 0])  # log 8 is too small to change it
    assert x.grad.eq(1 / 8).all()


def test_log_sum_exp_of_infinities_is_that_of_torch():
    x = torch.tensor([[-math.inf, -math.inf], [-math.inf, 2.0], [math.inf, 2.0]])
    assert log_sum_exp(x, 1).tolist() == [-math.inf, 2.0, math.inf]


def test_nan_stays_nan():
    assert log_sum_exp(torch.tensor([[math.nan, 1.0]]), 1).isnan().all()


def test_equal_scores_share_the_gradient():
    x = torch.full((1, 4), 5.0, requires_grad=True)
    log_sum_exp(x, 1).sum().backward()
    assert x.grad.tolist() == [[0.25] * 4]


def test_shifted_exp_may_replace_its_argument():
    x = torch.tensor([[1.0, 3.0]])
    shifted_exp(x, torch.tensor([[3.0]]), out=x)
    assert x[0].tolist() == pytest.approx([math.exp(-2), 1.0])
