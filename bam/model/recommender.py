"""A backbone, and one item table for its input and its output."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.model.scores import Aggregation
from bam.records import PAD, Interests, Mixture
from bam.system.huge_pages import zeros


class Recommender(nn.Module):
    """History in, interests out; item i is row i of the table; row 0, padding, is never trained.

    Interests, and the rows that score against them, pass through `similarity` before they leave:
    their inner product is the score, in training and in ranking.
    """

    def __init__(
        self,
        num_items: int,
        dim: int,
        backbone: nn.Module,
        similarity: nn.Module,
        aggregation: Aggregation,
        sparse: bool,
    ):
        super().__init__()
        # conf/table gives the initial values; drawing them twice takes seconds for ten million rows
        table = zeros(num_items + 1, dim)
        self.items = nn.Embedding.from_pretrained(table, False, PAD, sparse=sparse)
        self.backbone, self.similarity, self.aggregation = backbone, similarity, aggregation

    def forward(self, history: Int[Tensor, "B L"]) -> Mixture:
        return self.mixture(self.backbone(self.items(history), history != PAD))

    def mixture(self, found: Interests) -> Mixture:
        """The interests of a backbone, always in float32, and how much each of them counts."""
        vectors = self.similarity(found.vectors.float())
        return Mixture(vectors, found.routing.float(), self.aggregation(vectors))

    def table(self) -> Float[Tensor, "V1 D"]:
        """Every row, as it scores against interests."""
        return self.similarity(self.items.weight)

    def embed(self, *ids: Tensor) -> list[Tensor]:
        """Rows of several id tensors through one lookup, so that one gradient is scattered.

        They are the rows that a backbone sees, before `similarity`.
        """
        rows = self.items(torch.cat([i.flatten() for i in ids]))
        parts = rows.split([i.numel() for i in ids])
        return [part.unflatten(0, i.shape) for part, i in zip(parts, ids, strict=True)]
