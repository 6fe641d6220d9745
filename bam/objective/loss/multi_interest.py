"""Multi-interest loss L_m: all interests answer together (Lee et al., 2024, eq. 10-12)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.records import Candidates, Mixture


class MultiInterest(nn.Module):
    """weight * mean over the batch of the nll of s_i = logsumexp_k <m_k, e_i>.

    Where interests are gated, s_i = logsumexp_k(<m_k, e_i> + log g_k).
    """

    def __init__(self, weight: float, likelihood: nn.Module):
        super().__init__()
        self.weight, self.likelihood = weight, likelihood

    def forward(self, interests: Mixture, candidates: Candidates) -> Float[Tensor, ""]:
        B, K, _ = interests.components.shape
        every = torch.arange(K, device=interests.components.device).expand(B, 1, K)
        return self.weight * self.likelihood(interests.components, every, candidates).mean()
