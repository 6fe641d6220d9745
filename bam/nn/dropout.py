"""Dropout (Srivastava et al., JMLR 2014), drawn quickly on a CPU."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import dropout

from bam.errors import require

LEVELS = 2**16  # of the probability: sixteen bits an element, four elements a draw


class Dropout(nn.Module):
    """While it trains, each element is 0 with probability p, and else x / (1 - p).

    torch draws a number for each element, which on a CPU takes longer than a block's products.
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
        return x * _kept(x, int(self.p * LEVELS))


def _kept(x: Float[Tensor, "*n"], dropped: int) -> Float[Tensor, "*n"]:
    """0 for as many levels, else what keeps the mean."""
    drawn = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    level = drawn.view(torch.int16)[: x.numel()].view(x.shape)
    kept = torch.ge(level, dropped - LEVELS // 2, out=torch.empty_like(x))
    return kept.mul_(LEVELS / (LEVELS - dropped))
