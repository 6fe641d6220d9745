"""BSARec's block: a low-pass filter beside the attention (Shin et al., AAAI 2024)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.nn.attention import attend
from bam.nn.dropout import Dropout
from bam.nn.layer_norm import LayerNorm
from bam.nn.linear import Linear
from bam.nn.packing import Packing


class LowPass(nn.Module):
    """y = share f + (1 - share) a, and norm(y + feed_forward(y)), where f filters and a attends.

    f = norm(x + low + beta^2 (x - low)) with a learned beta of each dimension; a = norm(x +
    attention(x)). low_t is the mean of the last `window` items up to t. The paper keeps the lowest
    frequencies of the whole history, which would know what is predicted from a place within it.
    """

    def __init__(self, dim: int, heads: int, dropout: float, window: int, share: float):
        super().__init__()
        require(window >= 1, "window must be at least 1", window)
        require(0 <= share <= 1, "share must be from 0 to 1", share)
        self.heads, self.window, self.share = heads, window, share
        self.beta = nn.Parameter(torch.randn(dim))
        self.after_filter, self.after_attention = LayerNorm(dim), LayerNorm(dim)
        self.after_feed = LayerNorm(dim)
        self.query_key_value = Linear(dim, 3 * dim)
        self.project = Linear(dim, dim)
        self.feed = nn.Sequential(Linear(dim, 4 * dim), nn.GELU(), Linear(4 * dim, dim))
        self.drop = Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "N D"], packing: Packing, mask: Float[Tensor, "#B H L L"] | None
    ) -> Float[Tensor, "N D"]:
        whole = packing.unpack(x)
        low = packing.pack(self._mean_of_last(whole.shape[1], x) @ whole)
        kept = self.drop(low + self.beta.square() * (x - low))
        attended = self.drop(
            self.project(attend(self.query_key_value(x), self.heads, packing, mask))
        )
        filtered, attended = self.after_filter(x + kept), self.after_attention(x + attended)
        y = self.share * filtered + (1 - self.share) * attended
        return self.after_feed(y + self.drop(self.feed(y)))

    def _mean_of_last(self, length: int, like: Tensor) -> Float[Tensor, "L L"]:
        """Row t has 1 / n at the last n items up to t, where n is at most the window."""
        step = torch.arange(length, device=like.device)
        back = step[:, None] - step
        near = ((back >= 0) & (back < self.window)).to(like.dtype)
        return near / near.sum(1, keepdim=True)
