"""The best interest scores (Li et al., CIKM 2019; Cen et al., KDD 2020)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Maximum(nn.Module):
    """score(i) = max_k <m_k, e_i>."""

    def forward(self, vectors: Float[Tensor, "B K D"]) -> Float[Tensor, "B K D"]:
        """What answers: the interests as they are."""
        return vectors

    def pool(self, score: Float[Tensor, "*S"], more: Float[Tensor, "*S"]) -> None:
        """Let one more interest into the score, in place."""
        torch.maximum(score, more, out=score)
