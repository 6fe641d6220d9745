"""The usual block of a transformer, with the norm before each half (Xiong et al., ICML 2020)."""

from jaxtyping import Float
from torch import Tensor, nn

from bam.nn.attention import attend
from bam.nn.dropout import Dropout
from bam.nn.layer_norm import LayerNorm
from bam.nn.linear import Linear
from bam.nn.packing import Packing


class Standard(nn.Module):
    """x += attention(norm x); x += feed_forward(norm x). Of real items alone."""

    def __init__(self, dim: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_feed = LayerNorm(dim), LayerNorm(dim)
        self.query_key_value = Linear(dim, 3 * dim)
        self.project = Linear(dim, dim)
        self.feed = nn.Sequential(Linear(dim, 4 * dim), nn.GELU(), Linear(4 * dim, dim))
        self.drop = Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "N D"], packing: Packing, mask: Float[Tensor, "#B H L L"] | None
    ) -> Float[Tensor, "N D"]:
        projected = self.query_key_value(self.before_attention(x))
        x = x + self.drop(self.project(attend(projected, self.heads, packing, mask)))
        return x + self.drop(self.feed(self.before_feed(x)))
