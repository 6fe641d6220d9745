"""The recurrence in log2 L passes is the recurrence step by step."""

import pytest
import torch

from bam.nn.recurrence import linear_recurrence


@pytest.mark.parametrize("length", [1, 2, 5, 8, 13])
def test_it_equals_the_steps_one_by_one(length):
    u, decay = torch.randn(2, 3, length, 4).double(), torch.randn(2, 4).double() / 2
    found = torch.complex(*linear_recurrence(u, decay))
    state, steps, factor = torch.zeros(3, 4), torch.complex(*u), torch.complex(*decay)
    for t in range(length):
        state = factor * state + steps[:, t]
        torch.testing.assert_close(found[:, t], state)


def test_its_gradient_is_that_of_the_formula():
    u = torch.randn(2, 2, 5, 3, dtype=torch.float64, requires_grad=True)
    decay = (torch.randn(2, 3, dtype=torch.float64) / 2).requires_grad_()
    assert torch.autograd.gradcheck(linear_recurrence, (u, decay))


def test_what_it_is_given_stays_as_it_is():
    u, decay = torch.randn(2, 1, 4, 3), torch.randn(2, 3)
    before = u.clone()
    linear_recurrence(u, decay)
    assert torch.equal(u, before)


def test_under_autocast_it_is_in_float32():
    u, decay = torch.randn(2, 1, 40, 3).bfloat16(), torch.full((2, 3), 0.7)
    with torch.autocast("cpu", torch.bfloat16):
        found = linear_recurrence(u, decay)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, linear_recurrence(u.float(), decay))
