"""LiGR's block: gates on attention and on SwiGLU (Borisyuk et al., KDD 2025, arXiv 2502.03417)."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import silu

from bam.nn.attention import attend
from bam.nn.dropout import Dropout
from bam.nn.layer_norm import LayerNorm
from bam.nn.linear import Linear
from bam.nn.packing import Packing


class Gated(nn.Module):
    """x += sigmoid(W_a x) * attention(norm x); x += sigmoid(W_f x) * W_2(silu(W_1 n) * W_3 n).

    n is norm x, and * multiplies element by element. W_1 and W_3 are one matrix, `enter`.
    """

    def __init__(self, dim: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_feed = LayerNorm(dim), LayerNorm(dim)
        self.query_key_value = Linear(dim, 3 * dim)
        self.project = Linear(dim, dim)
        self.attention_gate, self.feed_gate = Linear(dim, dim), Linear(dim, dim)
        self.enter, self.leave = Linear(dim, 8 * dim), Linear(4 * dim, dim)
        self.drop = Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "N D"], packing: Packing, mask: Float[Tensor, "#B H L L"] | None
    ) -> Float[Tensor, "N D"]:
        projected = self.query_key_value(self.before_attention(x))
        attended = self.project(attend(projected, self.heads, packing, mask))
        x = x + self.drop(self.attention_gate(x).sigmoid() * attended)
        opened, entered = self.enter(self.before_feed(x)).chunk(2, dim=1)
        fed = self.leave(silu(opened) * entered)
        return x + self.drop(self.feed_gate(x).sigmoid() * fed)
