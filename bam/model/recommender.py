"""A backbone, and one item table for its input and its output."""

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.model.blend import Scores
from bam.model.rows import ItemTable, Rows
from bam.model.scores import Aggregation
from bam.records import PAD, Histories, Interests, Mixture
from bam.system.shards import shards_of


@runtime_checkable
class Timed(Protocol):
    """A part of a model that needs the times of a history."""

    without_times: str  # the option that uses positions instead, such as backbone.bias=positions


def timed_parts(parts: Iterable[Any]) -> list[Timed]:
    """Those of the parts that need times; an empty `without_times` needs none."""
    return [part for part in parts if isinstance(part, Timed) and part.without_times]


class Recommender(nn.Module):
    """History in, interests out; item i is row i of the table; row 0, padding, is never trained.

    Interests, and the rows that score against them, pass through `similarity` before they leave:
    their inner product is the score, in training and in ranking.
    """

    def __init__(
        self,
        items: ItemTable,
        backbone: nn.Module,
        similarity: nn.Module,
        aggregation: Aggregation,
    ):
        super().__init__()
        self.items = items
        self.shards = shards_of(items)
        self.backbone, self.similarity, self.aggregation = backbone, similarity, aggregation
        needing = [part.without_times for part in timed_parts(self.modules())]
        self.without_times = needing[0] if needing else ""  # the option that needs none

    def forward(self, history: Int[Tensor, "B L"], times: Int[Tensor, "B W"]) -> Mixture:
        found = Histories(history, self.items(history), history != PAD, times)
        return self.mixture(self.backbone(found))

    def mixture(self, found: Interests) -> Mixture:
        """The interests of a backbone, always in float32, and how much each of them counts."""
        vectors = self.similarity(found.vectors.float())
        scaled = Interests(vectors, found.routing.float(), found.summary.float())
        return self.aggregation(scaled, self.table)

    def scores(self, mixture: Mixture) -> Scores:
        """What these interests give to items, for what is blended with it."""
        pool, everywhere = self.aggregation.pool, self.shards.everywhere
        return Scores(mixture, pool, self.rows, self.real_rows, everywhere)

    def table(self) -> Float[Tensor, "v D"]:
        """Every row that this process holds, as it scores against interests; see `shards`."""
        return self.similarity(self.items.every())

    def real_rows(self) -> Float[Tensor, "v D"]:
        """As `table`, without that of padding."""
        return self.table()[max(PAD + 1 - self.shards.own.start, 0) :]

    def rows(self, ids: Int[Tensor, "*b"]) -> Float[Tensor, "*b D"]:
        """The rows of any items, as they score against interests."""
        return self.similarity(self.items(ids))

    @property
    def num_items(self) -> int:
        """V."""
        return self.shards.num_rows - 1

    @torch.no_grad()
    def with_fixed_rows(self) -> "Recommender":
        """The same model, of which every row is computed once: for who does not train it."""
        rows = Rows(self.items.every().detach(), sparse=False)
        return Recommender(rows, self.backbone, self.similarity, self.aggregation)

    def embed(self, *ids: Tensor) -> list[Tensor]:
        """Rows of several id tensors through one lookup, so that one gradient is scattered.

        They are the rows that a backbone sees, before `similarity`.
        """
        rows = self.items(torch.cat([i.flatten() for i in ids]))
        parts = rows.split([i.numel() for i in ids])
        return [part.unflatten(0, i.shape) for part, i in zip(parts, ids, strict=True)]
