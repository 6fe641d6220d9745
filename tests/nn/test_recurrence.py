"""The recurrence in log2 L passes is the recurrence step by step."""

import pytest
import torch

from bam.nn.recurrence import linear_recurrence


@pytest.mark.parametrize("length", [1, 2, 5, 8, 13])
def test_it_equals_the_steps_one_by_one(length):
    u, decay = torch.randn(3, length, 8).double(), torch.randn(8).double() / 2
    found = torch.complex(*linear_recurrence(u, decay).chunk(2, 2))
    steps, factor = torch.complex(*u.chunk(2, 2)), torch.complex(*decay.chunk(2))
    state = torch.zeros(3, 4)
    for t in range(length):
        state = factor * state + steps[:, t]
        torch.testing.assert_close(found[:, t], state)


def test_its_gradient_is_that_of_the_formula():
    u = torch.randn(2, 5, 6, dtype=torch.float64, requires_grad=True)
    decay = (torch.randn(6, dtype=torch.float64) / 2).requires_grad_()
    assert torch.autograd.gradcheck(linear_recurrence, (u, decay))


def test_what_it_is_given_stays_as_it_is():
    u, decay = torch.randn(1, 4, 6), torch.randn(6)
    before = u.clone()
    linear_recurrence(u, decay)
    assert torch.equal(u, before)


def test_under_autocast_it_is_in_float32():
    u, decay = torch.randn(1, 40, 6).bfloat16(), torch.full((6,), 0.7)
    with torch.autocast("cpu", torch.bfloat16):
        found = linear_recurrence(u, decay)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, linear_recurrence(u.float(), decay))
