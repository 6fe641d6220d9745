"""A target's own interest above the others, L_UI of MIMA (arXiv 2609.12842)."""

from einops import einsum
from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.records import Prediction


class InterestMargin(nn.Module):
    """weight * mean over targets and j not k of max(0, margin - <m_k, e_t> + <m_j, e_t>).

    k is the interest that the selection chooses; of several each counts by its weight. The paper's
    margin and weight could not be read: those of the YAML are ours. One interest costs nothing.
    """

    compares_interests = True

    def __init__(self, weight: float, margin: float):
        super().__init__()
        require(margin > 0, "margin must be above 0", margin)
        self.weight, self.margin = weight, margin

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        vectors, target = prediction.mixture.vectors, prediction.candidates.target
        choice = prediction.choice
        scores = einsum(vectors, target, "b k d, b d -> b k").float()
        own = scores.gather(1, choice.interest)
        excess = (self.margin - own[..., None] + scores[:, None]).relu().sum(2) - self.margin
        others = max(scores.shape[1] - 1, 1)
        return self.weight * (choice.weight * excess).sum(1).mean() / others
