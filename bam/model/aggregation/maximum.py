"""The best interest scores (Li et al., CIKM 2019; Cen et al., KDD 2020)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Maximum(nn.Module):
    """score(i) = max_k <m_k, e_i>."""

    def forward(self, vectors: Float[Tensor, "B K D"]) -> Float[Tensor, "B K"]:
        """Zeros: all interests count equally."""
        return vectors.new_zeros(vectors.shape[:2])

    def pool(
        self, scores: Float[Tensor, "*b K S"], out: Float[Tensor, "*b S"] | None = None
    ) -> Float[Tensor, "*b S"]:
        """The best of each item's scores."""
        return torch.amax(scores, -2, out=out)
