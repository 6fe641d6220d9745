"""Rows that know which items come near each other in training (SimEmb, WSDM 2024).

Source: arXiv 2311.17374, of which the abstract was read: an embedding is the normalised matrix of
co-occurrence times a table of ids. Deviations: an item keeps `own` of its row; two items meet
within `steps` places of a history; each item has its `neighbours` most frequent ones alone.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from bam.data.cooccurrence import nearest_items
from bam.errors import require
from bam.model.rows import rows_of
from bam.model.table.normal import draw_rows
from bam.records import PAD, Interactions, Spans


class Cooccurrence(nn.Module):
    """e_i = a T_i + (1 - a) sum_j A_ij T_j, a = `own`; e_i = T_i if i has met no other item.

    T are rows that are learned, drawn as those of table=normal. A_ij is how often j was near i in
    the training histories, over the sum of the neighbours of i. What counts is `nearest_items`.
    """

    place: Tensor  # [V+1 n+1]: each item, then its neighbours; PAD where there are fewer
    share: Tensor  # [V+1 n+1]: how much the row of each of them counts

    def __init__(
        self,
        scale: float,
        own: float,
        steps: int,
        neighbours: int,
        data: Interactions,
        train: Spans,
        dim: int,
        sparse: bool,
    ):
        super().__init__()
        require(0 <= own <= 1, "own must be from 0 to 1", own)
        require(steps >= 1, "steps must be at least 1", steps)
        require(neighbours >= 1, "neighbours must be at least 1", neighbours)
        self.weight, self.sparse = nn.Parameter(draw_rows(data.num_items, dim, scale)), sparse
        near, share = nearest_items(data, train, steps, neighbours)
        alone = ~share.any(1, keepdim=True)
        own_share = torch.where(alone, 1.0, own)
        item = torch.arange(data.num_items + 1)[:, None]
        place, share = torch.cat([item, near], 1), torch.cat([own_share, (1 - own) * share], 1)
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("share", share, persistent=False)

    def forward(self, ids: Int[Tensor, "*b"]) -> Float[Tensor, "*b D"]:
        return rows_of(ids, len(self.weight), self._mix)

    def every(self) -> Float[Tensor, "V1 D"]:
        return self._mix(torch.arange(len(self.weight), device=self.weight.device))

    def _mix(self, ids: Int[Tensor, " M"]) -> Float[Tensor, "M D"]:
        return embedding_bag(
            self.place[ids],
            self.weight,
            mode="sum",
            sparse=self.sparse,
            per_sample_weights=self.share[ids],
            padding_idx=PAD,
        )
