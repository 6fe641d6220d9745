"""The probabilities of a model and of a memory are mixed.

Khandelwal et al. (ICLR 2020), equation 3: p = (1 - w) p_model + w p_memory.
"""

import math

import torch
from torch.nn.functional import softplus

from bam.errors import require
from bam.model.additions import Additions
from bam.model.blend import Scoring


class Linear:
    """p(i) = (1 - w) exp(s_i) / Z + w share_i, w the weight, Z = sum_j exp(s_j) over all items.

    As scores: s_i + log(1 + w / (1 - w) share_i Z / exp(s_i)) = log p(i) + log(Z / (1 - w)),
    so that the order of the items is that of p. The score s_i is the joint one of all interests;
    to the score of each interest by itself as much is added.
    """

    def __init__(self, num_items: int, weight: float):
        require(0 <= weight < 1, "weight must be at least 0 and below 1", weight)
        self.weight = weight

    def __call__(self, shares: Additions, scores: Scoring) -> Additions:
        row, item = shares.row, shares.item
        if self.weight == 0 or not len(item):
            return Additions(row, item, torch.zeros_like(shares.score))
        odds = math.log(self.weight) - math.log1p(-self.weight)
        excess = shares.score.log() + odds + scores.log_sum()[row] - scores.of(row, item)
        return Additions(row, item, softplus(excess, threshold=100.0))
