"""Interests that point apart: disagreement of outputs (Li et al., EMNLP 2018), with a margin.

A plainer way than the contrastive loss of Re4 (Zhang et al., WWW 2022) to distinct interests.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize

from bam.errors import require
from bam.records import Prediction


class PairwiseCosine(nn.Module):
    """weight * mean over rows and pairs i < j of max(0, cos(m_i, m_j) - margin).

    With margin -1 it is the mean cosine plus 1; with margin 0 orthogonal interests cost nothing.
    One interest costs nothing.
    """

    def __init__(self, weight: float, margin: float):
        super().__init__()
        require(-1 <= margin < 1, "margin must be in [-1, 1)", margin)
        self.weight, self.margin = weight, margin

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        unit = normalize(prediction.interests.vectors.float(), dim=-1)
        excess = ((unit @ unit.mT).float() - self.margin).relu().triu(1)
        K = unit.shape[1]
        return self.weight * excess.sum((1, 2)).mean() / max(K * (K - 1) / 2, 1)
