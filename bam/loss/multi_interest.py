"""Multi-interest loss L_m: all interests answer together (Lee et al., 2024, eq. 10-12)."""

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from bam.records import Candidates, Interests


class MultiInterest(nn.Module):
    """weight * mean over the batch of the nll of s_i = logsumexp_k <m_k, e_i>."""

    def __init__(self, weight: float, likelihood: nn.Module):
        super().__init__()
        self.weight, self.likelihood = weight, likelihood

    def forward(self, interests: Interests, candidates: Candidates) -> Float[Tensor, ""]:
        together = rearrange(interests.vectors, "b k d -> b 1 k d")
        return self.weight * self.likelihood(together, candidates).mean()
