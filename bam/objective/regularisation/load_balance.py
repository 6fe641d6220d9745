"""Interests that share the targets evenly.

The aim of Shazeer et al. (ICLR 2017, section 4) for experts, measured by the entropy of Krause et
al. (NIPS 2010): the choice of one target may be sharp, the mean of all choices is even.
"""

import math

from einops import einsum
from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.records import Prediction


class LoadBalance(nn.Module):
    """weight * (log K - H(p)), p_k = mean over rows of softmax_k(tau <m_k, e_target>), in nats.

    It is 0 where all interests are chosen equally often, and weight * log K where one is always
    chosen. The gradient reaches the interests and the target through p; tau is as in soft
    selection.
    """

    compares_interests = True

    def __init__(self, weight: float, tau: float):
        super().__init__()
        require(tau > 0, "tau must be above 0", tau)
        self.weight, self.tau = weight, tau

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        vectors, target = prediction.mixture.vectors, prediction.candidates.target
        correlation = einsum(vectors, target, "b k d, b d -> b k")
        each = (self.tau * correlation).log_softmax(1)
        # log p itself: the gradient of an interest that no target chooses is 0 and not NaN
        log_p = each.logsumexp(0) - math.log(len(each))
        return self.weight * (math.log(len(log_p)) + (log_p.exp() * log_p).sum())
