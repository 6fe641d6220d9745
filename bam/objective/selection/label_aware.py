"""MIND's label-aware attention (Li et al., CIKM 2019, eq. 11)."""

import math

import torch
from einops import einsum
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.records import Choice


class LabelAware(nn.Module):
    """Every interest answers with weight w_k = softmax_k(x_k^p), x_k = <m_k, e_target>.

    The gradient reaches the interests and the target through w. With loss=mean_interest one vector
    sum_k w_k m_k answers, as in the paper; with loss=single_interest each interest answers alone,
    and costs w_k nll_k. A larger p is harder, and selection=hard its limit; near 0 every interest
    counts alike.

    The power of a negative x keeps its sign, sign(x) |x|^p: the paper leaves it open, and an even
    power would choose the interests that are opposed to the target.
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
        w = (x.sign() * x.abs().pow(self.p)).softmax(1)
        return Choice(torch.arange(w.shape[1], device=w.device).expand_as(w), w)
