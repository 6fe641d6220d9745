"""Linear recurrent units compute their equation."""

import torch
from torch import nn

from bam.model.backbone.lru import Layer


def test_a_layer_equals_the_equation_in_loops():
    layer = Layer(4, 3, dropout=0.2).double().eval().requires_grad_(False)
    x = torch.randn(2, 6, 4).double()
    found = layer(x)
    factor = torch.exp(torch.complex(-layer.nu.exp(), layer.theta.exp()))
    gamma = (1 - factor.abs() ** 2).sqrt()
    enter = torch.complex(layer.enter[:3], layer.enter[3:])
    leave = torch.complex(layer.leave.weight[:, :3], -layer.leave.weight[:, 3:])
    norm = nn.functional.layer_norm
    for b in range(2):
        state = torch.zeros(3)
        for t in range(6):
            state = factor * state + gamma * (enter @ x[b, t].to(enter.dtype))
            y = norm(x[b, t] + (leave @ state).real, (4,))
            expected = norm(y + layer.feed(y), (4,))
            torch.testing.assert_close(found[b, t], expected)


def test_it_remembers_between_a_fifth_and_a_hundredth_less_each_step_at_first():
    size = (-Layer(4, 500, dropout=0.0).nu.exp()).exp()
    assert 0.8 <= size.min() < 0.81 and 0.98 < size.max() <= 0.99
