"""HSTU's bias: a number for each bucket of the interval and each head (Zhai et al., ICML 2024)."""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import embedding

from bam.errors import require
from bam.nn.buckets import bucket
from bam.records import Histories


class Buckets(nn.Module):
    """b_h[bucket(x_ij)], of the interval x_ij between two items of the history.

    HSTU takes the time from item j to what is predicted after item i, which is known when a
    recommendation is made, and adds positions; here every block has the same bias.
    """

    def __init__(self, heads: int, buckets: int, intervals: nn.Module):
        super().__init__()
        require(heads >= 1, "heads must be at least 1", heads)
        require(buckets >= 2, "buckets must be at least 2", buckets)
        self.table = nn.Parameter(torch.zeros(buckets, heads))
        self.intervals = intervals

    def forward(self, histories: Histories) -> Float[Tensor, "#B H L L"]:
        place = bucket(self.intervals(histories), len(self.table))
        return rearrange(embedding(place, self.table), "b i j h -> b h i j")
