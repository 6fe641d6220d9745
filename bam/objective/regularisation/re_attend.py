"""Re-attend: attention that agrees with the scores (Re4: Zhang et al., WWW 2022)."""

from jaxtyping import Float
from torch import Tensor, nn

from bam.objective.item_weights import item_weights
from bam.records import Prediction

SMALLEST = 1e-30  # of a weight in a logarithm; below it there is no gradient


class ReAttend(nn.Module):
    """weight * mean over rows and interests of -sum_t softmax_t(<m_k, x_t>) log a_kt, in nats.

    a_kt is the weight of item t in interest k, as the backbone attends; m_k and x_t are as the
    backbone gives and gets them, before `similarity`. The gradient reaches both factors.
    """

    def __init__(self, weight: float):
        super().__init__()
        self.weight = weight

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        attention = item_weights(prediction, "re_attend")
        histories, vectors = prediction.histories, prediction.interests.vectors
        scores = (histories.items @ vectors.mT).float()
        # not along the last axis: the gradient there depends on the number of threads
        attends = scores.masked_fill(~histories.real[..., None], -float("inf")).softmax(1)
        cross_entropy = -(attends * attention.mT.clamp(min=SMALLEST).log()).sum(1)
        return self.weight * cross_entropy.mean()
