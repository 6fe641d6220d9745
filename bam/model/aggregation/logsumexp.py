"""All interests score together, as in the multi-interest loss (Lee et al., 2024, eq. 10-11)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class LogSumExp(nn.Module):
    """score(i) = log sum_k exp <m_k, e_i>."""

    def forward(self, vectors: Float[Tensor, "B K D"]) -> Float[Tensor, "B K"]:
        """Zeros: all interests count equally."""
        return vectors.new_zeros(vectors.shape[:2])

    def pool(
        self, scores: Float[Tensor, "*b K S"], out: Float[Tensor, "*b S"] | None = None
    ) -> Float[Tensor, "*b S"]:
        """The joint score of each item."""
        return torch.logsumexp(scores, -2, out=out)
