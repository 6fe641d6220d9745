"""Learned queries that attend to the history: a transformer decoder, as MIMA's and SetMIR's.

MIMA (arXiv 2609.12842), SetMIR (arXiv 2608.30251); the decoder is DETR's (Carion et al., ECCV
2020), with norms before each part (Xiong et al., ICML 2020).
"""

import torch
from einops import rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from bam.errors import require
from bam.nn.layer_norm import LayerNorm


class Decoder(nn.Module):
    """m_k = norm(q_k) after blocks of q += self(q); q += cross(q, h_1..h_t); q += feed(q).

    q_1..q_K are learned and equal for all histories, and h_1..h_t are the states up to the place t.
    With causal_queries the query k attends to the queries 1..k alone, as in MIMA: a later interest
    knows the earlier ones.
    """

    def __init__(self, dim: int, num_interests: int, blocks: int, heads: int, causal_queries: bool):
        super().__init__()
        require(blocks >= 1, "blocks must be at least 1", blocks)
        require(heads >= 1, "heads must be at least 1", heads)
        require(dim % heads == 0, f"heads must divide dim {dim}", heads)
        self.query = nn.Parameter(torch.randn(num_interests, dim))
        self.blocks = nn.ModuleList(Block(dim, heads, causal_queries) for _ in range(blocks))
        self.norm = LayerNorm(dim)

    def forward(
        self, states: Float[Tensor, "B L D"], place: Int[Tensor, " N"]
    ) -> Float[Tensor, "N K D"]:
        step = torch.arange(states.shape[1], device=place.device)
        visible = step <= (place % states.shape[1])[:, None]
        row = place // states.shape[1]
        queries = self.query.expand(len(place), -1, -1)
        for block in self.blocks:
            queries = block(queries, states, row, visible)
        return self.norm(queries)


class Block(nn.Module):
    """The queries attend to themselves, to the states of their history, and to nothing else."""

    def __init__(self, dim: int, heads: int, causal_queries: bool):
        super().__init__()
        self.heads, self.causal_queries = heads, causal_queries
        self.before_self, self.before_cross, self.before_feed = (LayerNorm(dim) for _ in range(3))
        self.query_key_value, self.project_self = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.query, self.project_cross = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.key_value = nn.Linear(dim, 2 * dim)
        self.feed = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(
        self,
        x: Float[Tensor, "N K D"],
        states: Float[Tensor, "B L D"],
        row: Int[Tensor, " N"],
        visible: Bool[Tensor, "N L"],
    ) -> Float[Tensor, "N K D"]:
        x = x + self.project_self(self._among_queries(self.before_self(x)))
        x = x + self.project_cross(self._to_states(self.before_cross(x), states, row, visible))
        return x + self.feed(self.before_feed(x))

    def _among_queries(self, x: Float[Tensor, "N K D"]) -> Float[Tensor, "N K D"]:
        projected = self.query_key_value(x)
        q, k, v = rearrange(projected, "n k (p h d) -> p n h k d", p=3, h=self.heads)
        attended = scaled_dot_product_attention(q, k, v, is_causal=self.causal_queries)
        return rearrange(attended, "n h k d -> n k (h d)")

    def _to_states(
        self,
        x: Float[Tensor, "N K D"],
        states: Float[Tensor, "B L D"],
        row: Int[Tensor, " N"],
        visible: Bool[Tensor, "N L"],
    ) -> Float[Tensor, "N K D"]:
        q = rearrange(self.query(x), "n k (h d) -> n h k d", h=self.heads)
        of_row = self.key_value(states).index_select(0, row)
        k, v = rearrange(of_row, "n l (p h d) -> p n h l d", p=2, h=self.heads)
        attended = scaled_dot_product_attention(q, k, v, attn_mask=visible[:, None, None])
        return rearrange(attended, "n h k d -> n k (h d)")
