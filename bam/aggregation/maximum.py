"""The best interest scores (Li et al., CIKM 2019; Cen et al., KDD 2020)."""

from collections.abc import Iterable
from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Maximum(nn.Module):
    """score(i) = max_k <m_k, e_i>."""

    def forward(self, vectors: Float[Tensor, "B K D"]) -> Float[Tensor, "B K D"]:
        """What answers: the interests as they are."""
        return vectors

    def pool(self, scores: Iterable[Tensor]) -> Tensor:
        """One score an item, from those of one interest after another; overwrites the first."""
        return reduce(lambda best, more: torch.maximum(best, more, out=best), scores)
