"""How much the last items of a history count."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.records import PAD


def recency(history: Int[Tensor, "B L"], last: int, gamma: float) -> Float[Tensor, "B L"]:
    """gamma^j of the j-th item from the end, j = 0..last - 1; 0 of earlier items and of PAD."""
    length = (history != PAD).sum(1, keepdim=True)
    j = length - 1 - torch.arange(history.shape[1], device=history.device)
    return ((j >= 0) & (j < last)) * gamma ** j.clamp(min=0).float()
