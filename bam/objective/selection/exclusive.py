"""Each target of a history gets another interest (MIMA, arXiv 2609.12842; SetMIR, 2608.30251)."""

import torch
from einops import einsum
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.objective.sets import seats
from bam.records import Choice


class Exclusive(nn.Module):
    """argmax_k(.) sum_t <m_k(t), e_t> over the targets t of a history; all k(t) are different.

    `method` finds the assignment, without a gradient. A history of more than K targets is assigned
    K targets at a time, in their order. With one target a history it is hard selection. SetMIR
    adds the logit of an interest's presence to its score; here the score is MIMA's.
    """

    def __init__(self, method: nn.Module):
        super().__init__()
        self.method = method

    @torch.no_grad()
    def forward(
        self,
        vectors: Float[Tensor, "B K D"],
        target: Float[Tensor, "B D"],
        place: Int[Tensor, " B"],
    ) -> Choice:
        B, K, _ = vectors.shape
        row, column = seats(place, K)
        rows = int(row[-1]) + 1 if row.is_cpu else B  # not to wait for another device
        each = einsum(vectors, target, "b k d, b d -> b k").to(vectors.dtype)
        scores = vectors.new_zeros(rows, K, K).index_put((row, column), each)
        real = torch.zeros(rows, K, dtype=torch.bool, device=place.device)
        real = real.index_put((row, column), torch.ones_like(row, dtype=torch.bool))
        interest = self.method(scores, real)[row, column, None]
        return Choice(interest, torch.ones_like(interest, dtype=vectors.dtype))
