"""The mean of the chosen interests answers, as in MIND (Li et al., CIKM 2019, eq. 11-12)."""

import torch
from einops import einsum, rearrange
from torch import nn

from bam.records import Answer, Choice, Mixture


class MeanInterest(nn.Module):
    """weight * mean over the batch of nll(v), v = sum_c w_c m_c, over the chosen interests c.

    With one chosen interest it is L_s. v is the same for the target and the negatives. Its gradient
    reaches the weights w: so a selection that draws (p, l) by a gradient of log p is none for it.
    """

    def __init__(self, weight: float):
        super().__init__()
        self.weight = weight

    def forward(self, mixture: Mixture, choice: Choice) -> Answer:
        place = rearrange(choice.interest, "b c -> b c 1")
        chosen = mixture.vectors.take_along_dim(place, 1)
        mean = einsum(choice.weight, chosen, "b c, b c d -> b d")
        one = torch.ones_like(choice.weight[:, :1])
        return Answer(rearrange(mean, "b d -> b 1 d"), None, None, one)
