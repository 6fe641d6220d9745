"""Attention in C is torch's over the real items of each history."""

import pytest
import torch

from bam.nn import attention as module
from bam.nn.attention import attend
from bam.nn.packing import Packing

needs_c = pytest.mark.skipif(not module.c(), reason="there is no C compiler")


def some(lengths, dim):
    """A packing of histories of these lengths, rows of q, k and v, and weights of what is found."""
    packing = Packing.of(torch.arange(max(lengths)) < torch.tensor(lengths)[:, None])
    rows = torch.randn(sum(lengths), 3 * dim, requires_grad=True)
    return packing, rows, torch.randn(sum(lengths), dim)


def found_by(packing, rows, weight, heads):
    attended = attend(rows, heads, packing, None)
    return attended, *torch.autograd.grad((attended * weight).sum(), rows)


@needs_c
@pytest.mark.parametrize("lengths", [[1], [2, 1, 3], [33, 12, 70], [200, 5]])
@pytest.mark.parametrize(("dim", "heads"), [(2, 1), (6, 2), (64, 2), (96, 1)])
def test_values_and_gradients_are_those_of_torch(monkeypatch, lengths, dim, heads):
    packing, rows, weight = some(lengths, dim)
    ours = found_by(packing, rows, weight, heads)
    exact = rows.detach().double().requires_grad_()  # which C does not compute
    theirs = found_by(packing, exact, weight.double(), heads)
    for found, wanted in zip(ours, theirs, strict=True):
        torch.testing.assert_close(found.double(), wanted, rtol=1e-5, atol=1e-5)


@needs_c
def test_a_history_that_is_not_a_number_changes_no_other():
    packing, rows, weight = some([40, 3], 8)
    alone = found_by(packing, rows, weight, 2)
    with torch.no_grad():
        rows[:40] = torch.nan
    for found, before in zip(found_by(packing, rows, weight, 2), alone, strict=True):
        assert bool(found[:40].isnan().all()) and found[40:].equal(before[40:])


@needs_c
def test_it_does_not_depend_on_the_number_of_threads():
    packing, rows, weight = some([50, 3, 17, 40, 1, 22], 64)
    found = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(found_by(packing, rows, weight, 2))
    torch.set_num_threads(1)
    for other in found[1:]:
        assert all(a.equal(b) for a, b in zip(found[0], other, strict=True))
