"""Layer normalisation: the values and gradients of torch, whatever the number of threads."""

import torch
from torch import nn

from bam.nn.layer_norm import LayerNorm


def gradients(norm, x, direction):
    """The output, and the gradients of the input, the weight and the bias."""
    x = x.clone().requires_grad_()
    output = norm(x)
    return output, *torch.autograd.grad(output, [x, norm.weight, norm.bias], direction)


def pair(dim):
    """The layer of torch and ours, with the same weights."""
    theirs, ours = nn.LayerNorm(dim), LayerNorm(dim)
    nn.init.normal_(theirs.weight), nn.init.normal_(theirs.bias)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def test_values_and_gradients_are_those_of_torch():
    x, direction = torch.randn(7, 5, 16), torch.randn(7, 5, 16)
    theirs, ours = pair(16)
    for one, two in zip(
        gradients(theirs, x, direction), gradients(ours, x, direction), strict=True
    ):
        torch.testing.assert_close(two, one)


def test_the_number_of_threads_does_not_change_a_bit():
    x, direction, ours = torch.randn(64, 50, 64), torch.randn(64, 50, 64), LayerNorm(64)
    found = []
    for count in (1, 2):
        torch.set_num_threads(count)
        found.append(gradients(ours, x, direction))
    torch.set_num_threads(1)
    assert all(torch.equal(one, two) for one, two in zip(*found, strict=True))


def test_under_autocast_it_is_the_layer_of_torch():
    x, (theirs, ours) = torch.randn(7, 16), pair(16)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(ours(x), theirs(x))
