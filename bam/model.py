"""One item table, for what goes in and what comes out, around a backbone."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from bam.records import PAD, Mixture
from bam.score import Aggregation


class Recommender(nn.Module):
    """History in, interests out; item i is row i of the table; row 0, padding, is never trained."""

    def __init__(
        self, num_items: int, dim: int, backbone: nn.Module, aggregation: Aggregation, sparse: bool
    ):
        super().__init__()
        # rows begin as conf/table says; drawing them twice would cost seconds at ten million
        table = torch.empty(num_items + 1, dim)
        self.items = nn.Embedding.from_pretrained(table, False, PAD, sparse=sparse)
        self.backbone, self.aggregation = backbone, aggregation

    def forward(self, history: Int[Tensor, "B L"]) -> Mixture:
        return self.mixture(self.items(history), history != PAD)

    def mixture(self, items: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"]) -> Mixture:
        """The interests of embedded histories, in float32 whatever the backbone computed in."""
        interests = self.backbone(items, real)
        vectors = interests.vectors.float()
        return Mixture(vectors, interests.routing.float(), self.aggregation(vectors))

    def embed(self, *ids: Tensor) -> list[Tensor]:
        """Rows of several id tensors through one lookup, so that one gradient is scattered."""
        rows = self.items(torch.cat([i.flatten() for i in ids]))
        parts = rows.split([i.numel() for i in ids])
        return [part.unflatten(0, i.shape) for part, i in zip(parts, ids, strict=True)]
