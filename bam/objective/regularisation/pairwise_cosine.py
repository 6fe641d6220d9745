"""Interests that point apart: disagreement of outputs (Li et al., EMNLP 2018), with a margin.

The plain way to what Re4 (Zhang et al., WWW 2022) reaches by contrast: interests that are distinct.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize

from bam.errors import require
from bam.records import Candidates, Interests


class PairwiseCosine(nn.Module):
    """weight * mean over rows and pairs i < j of max(0, cos(m_i, m_j) - margin).

    margin -1 is the mean cosine plus 1; 0 lets be what is orthogonal. 0 with one interest.
    """

    def __init__(self, weight: float, margin: float):
        super().__init__()
        require(-1 <= margin < 1, "margin must be in [-1, 1)", margin)
        self.weight, self.margin = weight, margin

    def forward(self, interests: Interests, candidates: Candidates) -> Float[Tensor, ""]:
        unit = normalize(interests.vectors, dim=-1)
        excess = ((unit @ unit.mT).float() - self.margin).relu().triu(1)
        K = unit.shape[1]
        return self.weight * excess.sum((1, 2)).mean() / max(K * (K - 1) / 2, 1)
