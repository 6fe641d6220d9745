"""Re-contrast: interests close to their own items alone (Re4: Zhang et al., WWW 2022)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from bam.errors import require
from bam.nn.causal import last_place, states_at
from bam.nn.logsumexp import log_sum_exp
from bam.nn.matmul import linear
from bam.objective.item_weights import item_weights, mean_over_positives, positives
from bam.records import Prediction


class ReContrast(nn.Module):
    """weight * mean over rows, interests and their items t of -log(e^s_kt / (e^s_kt + N_k)).

    s is a cosine over the temperature. The items of interest k weigh more than 1 / length in it.
    N_k is the sum of e^s over the user's other items, the user's other interests, and the items of
    other users: length times the mean over the last items of all users of the batch. So a cost
    depends neither on the order nor on the size of the batch; a public program takes the items of
    the next user in it.
    """

    def __init__(self, weight: float, temperature: float):
        super().__init__()
        require(temperature > 0, "temperature must be above 0", temperature)
        self.weight, self.temperature = weight, temperature

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        weights, real = item_weights(prediction, "re_contrast"), prediction.histories.real
        positive = positives(weights, real)
        interests = normalize(prediction.interests.vectors, dim=-1)
        items = normalize(prediction.histories.items, dim=-1)
        scaled = interests / self.temperature
        own, between = ((scaled @ found.mT).float() for found in (items, interests))
        last = states_at(items, last_place(real))
        others = linear(scaled, last).float() + (real.sum(1) / len(real)).log()[:, None, None]
        itself = torch.eye(own.shape[1], dtype=torch.bool, device=real.device)
        scores = [
            own.masked_fill(positive | ~real[:, None], -torch.inf),
            between.masked_fill(itself, -torch.inf),
            others,
        ]
        negatives = log_sum_exp(torch.cat(scores, 2), 2)
        cost = softplus(negatives[..., None] - own)
        return self.weight * mean_over_positives(cost, positive)
