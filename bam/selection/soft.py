"""BaM_p: an interest is drawn in proportion to its correlation (Lee et al., 2024, eq. 7-8)."""

import torch
from einops import einsum
from jaxtyping import Float
from torch import Tensor, nn

from bam.mistake import require
from bam.records import Choice


class Soft(nn.Module):
    """Draw k from softmax_k(tau <m_k, e_target>), anew at every step.

    tau multiplies: a smaller one is softer. A draw passes no gradient to its probabilities.
    """

    def __init__(self, tau: float):
        super().__init__()
        require(tau > 0, "tau must be above 0", tau)
        self.tau = tau

    @torch.no_grad()
    def forward(self, vectors: Float[Tensor, "B K D"], target: Float[Tensor, "B D"]) -> Choice:
        correlation = einsum(vectors, target, "b k d, b d -> b k")
        chance = (self.tau * correlation).softmax(dim=1)
        # the largest p / Exp(1) is a draw from p, without leaving the device
        drawn = (chance / torch.empty_like(chance).exponential_()).argmax(dim=1, keepdim=True)
        return Choice(drawn, torch.ones_like(drawn, dtype=chance.dtype))
