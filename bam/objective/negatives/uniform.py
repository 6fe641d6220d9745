"""Uniform negatives, one set for the whole batch or one for each row."""

from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor, nn

from bam.errors import require
from bam.records import PAD, Negatives


class Uniform(nn.Module):
    """S real items, each drawn with q = 1 / V, so that log V q is 0.

    With per_row each row of the batch has other negatives; else all rows share them.
    """

    def __init__(
        self, num_items: int, count: Callable[[], Tensor], num_negatives: int, per_row: bool
    ):
        super().__init__()
        require(num_negatives >= 1, "num_negatives must be at least 1", num_negatives)
        self.num_items, self.num_negatives, self.per_row = num_items, num_negatives, per_row

    def forward(self, target: Int[Tensor, " B"]) -> Negatives:
        shape = (len(target) if self.per_row else 1, self.num_negatives)
        ids = torch.randint(PAD + 1, self.num_items + 1, shape, device=target.device)
        return Negatives(ids, torch.zeros((), device=target.device).expand(shape))
