"""Re-contrast: interests close to their own items alone (Re4: Zhang et al., WWW 2022)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from bam.errors import require
from bam.nn.logsumexp import log_sum_exp
from bam.nn.matmul import linear
from bam.objective.item_weights import item_weights, mean_over_positives, positives
from bam.records import Prediction

NEVER = -1e4  # the score of what is left out


class ReContrast(nn.Module):
    """weight * mean over rows, interests and their items t of -log(e^s_kt / (e^s_kt + N_k)).

    s is a cosine over the temperature. The items of interest k weigh more than 1 / length in it.
    N_k is the sum of e^s over the user's other items, the user's other interests, and the items
    that users of the batch have on average. With the average in place of one other user, a cost
    depends neither on the order nor on the size of the batch; the user's own items count in it.
    """

    def __init__(self, weight: float, temperature: float):
        super().__init__()
        require(temperature > 0, "temperature must be above 0", temperature)
        self.weight, self.temperature = weight, temperature

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        weights, real = item_weights(prediction, "re_contrast"), prediction.histories.real
        interests = normalize(prediction.interests.vectors.float(), dim=-1)
        items = normalize(prediction.histories.items.float(), dim=-1)
        positive = positives(weights, real)
        own = self._scores(interests @ items.mT)
        others = self._scores(interests @ interests.mT)
        itself = torch.eye(interests.shape[1], dtype=torch.bool, device=real.device)
        every = self._scores(linear(interests.flatten(0, 1), items.flatten(0, 1)))
        every = every.masked_fill(~real.flatten(), NEVER).view(*own.shape[:2], -1)
        negatives = [
            own.masked_fill(positive | ~real[:, None], NEVER),
            others.masked_fill(itself, NEVER),
            every - math.log(len(real)),
        ]
        sums = torch.stack([log_sum_exp(scores, 2) for scores in negatives], -1)
        cost = softplus(log_sum_exp(sums, 2)[..., None] - own)
        return self.weight * mean_over_positives(cost, positive)

    def _scores(self, cosine: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        return cosine.float() / self.temperature
