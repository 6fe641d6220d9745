"""Popularity: every user has the same interest, and the score of an item is its count."""

from torch import nn

from bam.errors import require
from bam.records import Histories, Interests


class Popularity(nn.Module):
    """The vector (1), whose product with a table of counts (table=counts, dim 1) is the count."""

    def __init__(self, dim: int, num_interests: int):
        super().__init__()
        require(dim == 1, "dim must be 1 with popularity", dim)
        require(num_interests == 1, "num_interests must be 1 with popularity", num_interests)

    def forward(self, histories: Histories) -> Interests:
        one = histories.items.new_ones(histories.items.shape[0], 1, 1)
        return Interests.unrouted(one, one[:, 0])
