"""Dropout (Srivastava et al., JMLR 2014) that is fast on a CPU."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import dropout

from bam.errors import require

LEVELS = 2**16  # the probability is a multiple of 1 / LEVELS; one int64 serves four elements


class Dropout(nn.Module):
    """In training, each element x becomes 0 with probability p, else x / (1 - p).

    torch draws one random number for each element. On a CPU this takes longer than the matrix
    products of a transformer block; here one number of 64 bits serves four elements.

    Raises:
        Mistake: p is below 0, or not below 1.
    """

    def __init__(self, p: float):
        super().__init__()
        require(0 <= p < 1, "dropout must be at least 0 and below 1", p)
        self.p = p

    def forward(self, x: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        if not self.training or self.p == 0:
            return x
        if not x.is_cpu or torch.compiler.is_compiling():
            return dropout(x, self.p)
        return x * _draw_mask(x, int(self.p * LEVELS))


def _draw_mask(x: Float[Tensor, "*n"], dropped_levels: int) -> Float[Tensor, "*n"]:
    """0 with probability `dropped_levels` / LEVELS, else the factor that keeps the mean of x."""
    bits = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    level = bits.view(torch.int16)[: x.numel()].view(x.shape)
    mask = torch.ge(level, dropped_levels - LEVELS // 2, out=torch.empty_like(x))
    return mask.mul_(LEVELS / (LEVELS - dropped_levels))
