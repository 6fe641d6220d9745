"""Uniform selection, the control: a random interest answers for every target."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.records import Choice


class Uniform(nn.Module):
    """Each interest is drawn with probability 1 / K."""

    def forward(
        self,
        vectors: Float[Tensor, "B K D"],
        target: Float[Tensor, "B D"],
        place: Int[Tensor, " B"],
    ) -> Choice:
        drawn = torch.randint(vectors.shape[1], (len(vectors), 1), device=vectors.device)
        return Choice(drawn, torch.ones_like(drawn, dtype=vectors.dtype))
