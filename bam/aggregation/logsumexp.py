"""All interests score together, as in the multi-interest loss (Lee et al., 2024, eq. 10-11)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class LogSumExp(nn.Module):
    """score(i) = log sum_k exp <m_k, e_i>."""

    def forward(self, vectors: Float[Tensor, "B K D"]) -> Float[Tensor, "B K D"]:
        """What answers: the interests as they are."""
        return vectors

    def pool(self, score: Float[Tensor, "*S"], more: Float[Tensor, "*S"]) -> None:
        """Let one more interest into the score, in place."""
        torch.logaddexp(score, more, out=score)
