"""Rows that are learned, and begin with values of a normal distribution."""

from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.model.rows import lookup_shared
from bam.nn.init import normal_by_fan_in
from bam.records import PAD, Interactions, Spans
from bam.system.huge_pages import zeros
from bam.system.shards import Shards, shard

BLOCK = 1 << 16  # rows


class Normal(nn.Module):
    """Every item's row is drawn with std scale * sqrt(2 / D), BaM's at scale 1; padding is 0.

    Processes may share out the rows. Each has the values that it would have in one process.
    """

    def __init__(
        self,
        scale: float,
        data: Interactions,
        train: Spans,
        dim: int,
        sparse: bool,
        shards: Shards | None = None,  # None: this process has all rows
    ):
        super().__init__()
        self.shards, self.sparse = shards or Shards.alone(data.num_items + 1), sparse
        self.weight = shard(draw_shard(self.shards, dim, scale), self.shards)

    def forward(self, ids: Int[Tensor, "*b"]) -> Float[Tensor, "*b D"]:
        return lookup_shared(ids, self.weight, self.sparse, self.shards)

    def every(self) -> Float[Tensor, "v D"]:
        return self.weight


def draw_rows(num_items: int, dim: int, scale: float) -> Float[Tensor, "V1 D"]:
    """First values of rows, with std scale * sqrt(2 / D); that of padding is 0.

    Raises:
        Mistake: scale is not above 0.
    """
    return draw_shard(Shards.alone(num_items + 1), dim, scale)


def draw_shard(shards: Shards, dim: int, scale: float) -> Float[Tensor, "v D"]:
    """As `draw_rows`, the rows of this process; the rows of others are drawn, and not kept.

    Raises:
        Mistake: scale is not above 0.
    """
    require(scale > 0, "scale must be above 0", scale)
    own = shards.own
    rows = zeros(len(own), dim)
    if shards.is_whole:
        normal_by_fan_in(rows)
    else:
        for block in _blocks(shards.num_rows):
            drawn = torch.empty(len(block), dim)
            normal_by_fan_in(drawn)
            first, stop = max(own.start, block.start), min(own.stop, block.stop)
            if first < stop:
                rows[first - own.start : stop - own.start] = drawn[
                    first - block.start : stop - block.start
                ]
    rows *= scale
    if PAD in own:
        rows[PAD] = 0
    return rows


def _blocks(num_rows: int) -> Iterator[range]:
    """Rows in blocks that torch draws as it draws all of them at once.

    It draws 16 numbers at a time, and the last 16 of a tensor anew: so each block has a multiple of
    16 rows, and the last one, which has the rest too, is no small one.
    """
    edges = [*range(0, max(num_rows - BLOCK, 1), BLOCK), num_rows]
    return (range(*pair) for pair in pairwise(edges))
