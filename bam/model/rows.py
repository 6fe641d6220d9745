"""Rows that are learned one by one, and what every item table is."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import embedding

from bam.records import PAD
from bam.system.shards import Shards


@runtime_checkable
class ItemTable(Protocol):
    """What an option of bam.model.table is: it gives the row of each item."""

    weight: nn.Parameter  # [V+1 D]: what is learned for each item alone; row 0 is never trained

    def __call__(self, ids: Tensor) -> Tensor:
        """The rows [*b D] of the ids [*b]."""

    def every(self) -> Tensor:
        """All rows [V+1 D]: row i is that of id i, and row 0 that of padding.

        Of a table that is shared out (bam.system.shards.SharedOut) those of this process.
        """


class Rows(nn.Module):
    """e_i = row i of `weight`."""

    def __init__(self, weight: Float[Tensor, "V1 D"], sparse: bool):
        super().__init__()
        self.weight, self.sparse = nn.Parameter(weight), sparse

    def forward(self, ids: Int[Tensor, "*b"]) -> Float[Tensor, "*b D"]:
        return lookup(ids, self.weight, self.sparse)

    def every(self) -> Float[Tensor, "V1 D"]:
        return self.weight


def lookup(
    ids: Int[Tensor, "*b"], weight: Float[Tensor, "N D"], sparse: bool
) -> Float[Tensor, "*b D"]:
    """Rows of a matrix; row 0 gets no gradient. If `sparse`, the gradient has these rows alone."""
    return embedding(ids, weight, PAD, sparse=sparse)


def lookup_shared(
    ids: Int[Tensor, "*b"], weight: Float[Tensor, "N D"], sparse: bool, shards: Shards
) -> Float[Tensor, "*b D"]:
    """As `lookup`, of a matrix of which this process has the rows `weight`; all processes call it.

    Each row is sent once, however often the ids have it, and so is its gradient.
    """
    if shards.is_whole:
        return lookup(ids, weight, sparse)
    distinct, place = ids.unique(return_inverse=True)
    padding = PAD if PAD in shards.own else None

    def read(places: Int[Tensor, " M"]) -> Float[Tensor, "M D"]:
        return embedding(places, weight, padding, sparse=sparse)

    return embedding(place, shards.fetch(distinct, read))


def rows_of(
    ids: Int[Tensor, "*b"], num_rows: int, rows: Callable[[Tensor], Tensor]
) -> Float[Tensor, "*b D"]:
    """Rows that cost more than a lookup: `rows(ids [M]) -> [M D]`, for all ids where that is less.

    A batch often has more ids than a small data set has items.
    """
    if ids.numel() < num_rows:
        return rows(ids.flatten()).unflatten(0, ids.shape)
    every = rows(torch.arange(num_rows, device=ids.device))
    return lookup(ids, every, sparse=False)
