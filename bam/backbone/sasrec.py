"""SASRec: a causal transformer's last state is the interest (Kang, McAuley, ICDM 2018)."""

import torch
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from bam.mistake import require
from bam.records import Interests


class SasRec(nn.Module):
    """One interest: the state at the last item of a causal pre-norm transformer.

    Learned positions count back from the latest place, so that the last item always stands at L.
    """

    def __init__(
        self,
        dim: int,
        num_interests: int,
        history_length: int,
        blocks: int,
        heads: int,
        dropout: float,
    ):
        super().__init__()
        require(num_interests == 1, "num_interests must be 1 with sasrec", num_interests)
        require(dim % heads == 0, f"heads must divide dim {dim}", heads)
        self.position = nn.Parameter(torch.empty(history_length, dim))
        nn.init.normal_(self.position, std=0.02)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(dim, heads, dropout) for _ in range(blocks))
        self.norm = nn.LayerNorm(dim)

    def forward(self, items: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"]) -> Interests:
        last = real.sum(1, keepdim=True) - 1
        step = torch.arange(items.shape[1], device=items.device)
        place = (len(self.position) - 1 - last + step).clamp(max=len(self.position) - 1)
        states = self.dropout(items + self.position[place])
        for block in self.blocks:
            states = block(states)
        vectors = self.norm(states.take_along_dim(last[..., None], dim=1))
        return Interests(vectors, (step == last)[:, None].to(items.dtype))


class Block(nn.Module):
    """x += attention(norm x); x += feed_forward(norm x). Padding stands last: no query sees it."""

    def __init__(self, dim: int, heads: int, dropout: float):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.before_attention, self.before_feed = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query_key_value = nn.Linear(dim, 3 * dim)
        self.project = nn.Linear(dim, dim)
        self.feed = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "B L D"]) -> Float[Tensor, "B L D"]:
        projected = self.query_key_value(self.before_attention(x))
        q, k, v = rearrange(projected, "b l (n h d) -> n b h l d", n=3, h=self.heads)
        dropout = self.dropout if self.training else 0.0
        heard = scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True)
        x = x + self.drop(self.project(rearrange(heard, "b h l d -> b l (h d)")))
        return x + self.drop(self.feed(self.before_feed(x)))
