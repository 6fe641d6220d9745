"""Attention that decays with the distance between two items, by two numbers a head."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.records import Histories


class Decay(nn.Module):
    """-a_h log(1 + x_ij / s_h): so that weights fall like a power of the interval x_ij.

    a_h starts at `rate`, s_h at 1, in the unit of the intervals. It is a simple form of what FuXi
    has (a power of the time between two items), and ours. The interval is that between two items of
    the history: the time at which a recommendation is made is not known to it.
    """

    def __init__(self, heads: int, rate: float, intervals: nn.Module):
        super().__init__()
        require(heads >= 1, "heads must be at least 1", heads)
        self.rate = nn.Parameter(torch.full((heads, 1, 1), rate))
        self.log_scale = nn.Parameter(torch.zeros(heads, 1, 1))
        self.intervals = intervals

    def forward(self, histories: Histories) -> Float[Tensor, "#B H L L"]:
        scaled = self.intervals(histories)[:, None] / self.log_scale.exp()
        return (1 + scaled).log2() * (-math.log(2) * self.rate)  # log is slow on a CPU
