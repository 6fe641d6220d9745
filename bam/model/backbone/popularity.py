"""Popularity: every user has the same interest, and the score of an item is its count."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from bam.errors import require
from bam.records import Interests


class Popularity(nn.Module):
    """The vector (1), whose product with a table of counts (table=counts, dim 1) is the count."""

    def __init__(self, dim: int, num_interests: int):
        super().__init__()
        require(dim == 1, "dim must be 1 with popularity", dim)
        require(num_interests == 1, "num_interests must be 1 with popularity", num_interests)

    def forward(self, items: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"]) -> Interests:
        return Interests.unrouted(items.new_ones(items.shape[0], 1, 1))
