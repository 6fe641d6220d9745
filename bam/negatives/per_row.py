"""Uniform negatives, drawn anew for each row of the batch."""

import torch
from jaxtyping import Int
from torch import Tensor

from bam.mistake import require
from bam.records import PAD


class PerRow:
    """S real items for each row, each drawn uniformly."""

    def __init__(self, num_items: int, num_negatives: int):
        require(num_negatives >= 1, "num_negatives must be at least 1", num_negatives)
        self.num_items, self.num_negatives = num_items, num_negatives

    def __call__(self, target: Int[Tensor, " B"]) -> Int[Tensor, "R S"]:
        shape = (len(target), self.num_negatives)
        return torch.randint(PAD + 1, self.num_items + 1, shape, device=target.device)
