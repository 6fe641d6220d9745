"""Similarities that are wrong on purpose."""

import torch
from torch import nn


class Longest(nn.Module):
    """A row is divided by the longest row of its batch."""

    def forward(self, x):
        return x / x.norm(dim=-1).max().clamp(min=1e-6)


class DividesByZero(nn.Module):
    """A row of zeros, such as padding, has no length."""

    def forward(self, x):
        return x / x.square().sum(-1, keepdim=True).sqrt()


class Turned(nn.Module):
    """The sign is lost."""

    def forward(self, x):
        return x.abs()


class Learned(nn.Module):
    """A temperature is trained, which a checkpoint of another similarity has not."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.scale * x


REFUSED = {
    Longest: {"check_a_row_does_not_depend_on_the_others"},
    DividesByZero: {"check_a_row_of_zeros_stays_and_has_a_finite_gradient"},
    Turned: {"check_a_row_keeps_its_direction"},
    Learned: {"check_nothing_in_it_is_trained_or_saved"},
}
