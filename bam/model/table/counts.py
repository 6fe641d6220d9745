"""How often each item occurs in the training part."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.data.windows import count_items
from bam.model.rows import lookup
from bam.records import Interactions, Spans


class Counts(nn.Module):
    """Every entry of an item's row begins as its count; the padding row is 0."""

    def __init__(self, data: Interactions, train: Spans, dim: int, sparse: bool):
        super().__init__()
        count = count_items(data, train).float()[:, None]
        self.weight, self.sparse = nn.Parameter(count.repeat(1, dim)), sparse

    def forward(self, ids: Int[Tensor, "*b"]) -> Float[Tensor, "*b D"]:
        return lookup(ids, self.weight, self.sparse)

    def every(self) -> Float[Tensor, "V1 D"]:
        return self.weight
