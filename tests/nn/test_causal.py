"""Attention to the past: its values, its gradient, and its rounding."""

import torch

from bam.nn.causal import causal_attention


def test_every_position_attends_to_itself_and_to_what_came_before():
    energy, values = torch.randn(2, 5, 3), torch.randn(2, 5, 4)
    pooled = causal_attention(energy, values)
    for b in range(2):
        for t in range(5):
            for k in range(3):
                share = energy[b, : t + 1, k].softmax(0)
                expected = (share[:, None] * values[b, : t + 1]).sum(0)
                torch.testing.assert_close(pooled[b, t, k], expected)


def test_its_gradient_is_that_of_the_formula():
    energy = torch.randn(2, 5, 3, dtype=torch.float64, requires_grad=True)
    values = torch.randn(2, 5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(causal_attention, (energy, values))


def test_a_large_energy_later_does_not_change_the_past():
    energy, values = torch.randn(1, 4, 1), torch.randn(1, 4, 2)
    before = causal_attention(energy, values)[:, :3]
    energy[0, 3] = 1e4
    assert torch.equal(causal_attention(energy, values)[:, :3], before)


def test_under_autocast_the_products_are_in_its_precision():
    energy, values = torch.randn(2, 5, 3, requires_grad=True), torch.randn(2, 5, 4)
    with torch.autocast("cpu", torch.bfloat16):
        pooled = causal_attention(energy, values)
    assert pooled.dtype == torch.bfloat16
    pooled.float().sum().backward()
    torch.testing.assert_close(
        pooled.float(), causal_attention(energy, values), rtol=0.02, atol=0.02
    )
    assert energy.grad.isfinite().all()


def test_the_number_of_threads_does_not_change_a_bit():
    energy, values = torch.randn(32, 30, 4), torch.randn(32, 30, 64)
    direction, found = torch.randn(32, 30, 4, 64), []
    for count in (1, 2):
        torch.set_num_threads(count)
        leaves = [x.clone().requires_grad_() for x in (energy, values)]
        causal_attention(*leaves).backward(direction)
        found.append([x.grad for x in leaves])
    torch.set_num_threads(1)
    assert all(torch.equal(one, two) for one, two in zip(*found, strict=True))
