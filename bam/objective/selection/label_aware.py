"""MIND's label-aware attention (Li et al., CIKM 2019, eq. 11)."""

import math

import torch
from einops import einsum
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.records import Choice

SMALLEST = 1e-6  # of |x|: at 0 a power below 1 has no gradient
# of the power of a row's highest x, and of |x|: beyond it numbers are infinite, their softmax none
HIGHEST, LARGEST = 1e30, 1e37


class LabelAware(nn.Module):
    """Every interest answers with weight w_k = softmax_k(x_k^p), x_k = <m_k, e_target>.

    The gradient reaches the interests and the target through w. With loss=mean_interest one vector
    sum_k w_k m_k answers, as in the paper; with loss=single_interest each interest answers alone,
    and costs w_k nll_k. A larger p is harder, and selection=hard its limit; near 0 every interest
    counts alike.

    The power of a negative x keeps its sign, sign(x) |x|^p: the paper leaves it open, and an even
    power would choose the interests that are opposed to the target. A row whose highest x has a
    power that is too large for float32 is scaled: its highest x has all the weight, either way.
    """

    def __init__(self, p: float):
        super().__init__()
        rule = "p must be above 0 and finite; in place of an infinite p choose selection=hard"
        require(0 < p < math.inf, rule, p)
        self.p = p

    def forward(
        self,
        vectors: Float[Tensor, "B K D"],
        target: Float[Tensor, "B D"],
        place: Int[Tensor, " B"],
    ) -> Choice:
        x = einsum(vectors, target, "b k d, b d -> b k")
        root = min(1.0, 1 / self.p)
        x = x / (x.detach().amax(1, keepdim=True).abs() / HIGHEST**root).clamp(min=1)
        size = x.abs().clamp(SMALLEST, LARGEST**root)
        w = (x.sign() * size.pow(self.p)).softmax(1)
        return Choice(torch.arange(w.shape[1], device=w.device).expand_as(w), w)
