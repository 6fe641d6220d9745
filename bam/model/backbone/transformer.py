"""A causal transformer, as SASRec (Kang, McAuley, ICDM 2018), with a readout of K interests."""

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import embedding, scaled_dot_product_attention

from bam.errors import require
from bam.nn.causal import last_place, states_at
from bam.nn.dropout import Dropout
from bam.nn.layer_norm import LayerNorm
from bam.records import Histories, Interests


class Transformer(nn.Module):
    """Pre-norm blocks over the items; the readout makes interests of the normed states.

    Learned positions count back from the latest place, so that the last item is always at L.
    Dropout applies to the embedded items and to what each half of a block adds, not to attention.
    """

    def __init__(
        self,
        dim: int,
        history_length: int,
        blocks: int,
        heads: int,
        dropout: float,
        readout: nn.Module,
    ):
        super().__init__()
        require(blocks >= 0, "blocks must be at least 0", blocks)
        require(heads >= 1, "heads must be at least 1", heads)
        require(dim % heads == 0, f"heads must divide dim {dim}", heads)
        self.position = nn.Parameter(torch.empty(history_length, dim))
        nn.init.normal_(self.position, std=0.02)
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(Block(dim, heads, dropout) for _ in range(blocks))
        self.norm = LayerNorm(dim)
        self.readout = readout

    def forward(self, histories: Histories) -> Interests:
        return self.at(histories, last_place(histories.real))

    def at(self, histories: Histories, place: Int[Tensor, " N"]) -> Interests:
        """The interests after the items at these places of the flattened history."""
        items, real = histories.items, histories.real
        length = real.sum(1, keepdim=True)
        step = torch.arange(items.shape[1], device=items.device)
        back = (len(self.position) - length + step).clamp(max=len(self.position) - 1)
        # else the small values of the table are lost beside what the blocks add
        # (Vaswani et al., NeurIPS 2017, 3.4)
        scaled = items * items.shape[2] ** 0.5
        states = self.dropout(scaled + embedding(back, self.position))
        for block in self.blocks:
            states = block(states)
        states = self.norm(states)
        return Interests.unrouted(self.readout(states, place), states_at(states, place))


class Block(nn.Module):
    """x += attention(norm x); x += feed_forward(norm x). Padding comes last: no query sees it."""

    def __init__(self, dim: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_feed = LayerNorm(dim), LayerNorm(dim)
        self.query_key_value = nn.Linear(dim, 3 * dim)
        self.project = nn.Linear(dim, dim)
        self.feed = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.drop = Dropout(dropout)

    def forward(self, x: Float[Tensor, "B L D"]) -> Float[Tensor, "B L D"]:
        projected = self.query_key_value(self.before_attention(x))
        q, k, v = rearrange(projected, "b l (n h d) -> n b h l d", n=3, h=self.heads)
        attended = scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.drop(self.project(rearrange(attended, "b h l d -> b l (h d)")))
        return x + self.drop(self.feed(self.before_feed(x)))
