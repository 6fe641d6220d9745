"""The logarithmic opinion pool (Genest and Zidek, Statistical Science, 1986)."""

import torch
from jaxtyping import Float
from torch import Tensor

from bam.model.ensemble.shares import shares


class Logarithmic:
    """score(i) = sum_m w_m log(w_m p_m(i)), w in proportion to the weights: the mean of the scores.

    log w_m is a constant, which is the same for all items. A member of which no interest is kept
    (recommend's max_cosine) has no say.
    """

    def __init__(self, weights: list[float]):
        self.weights = shares(weights)

    def __call__(
        self, scores: Float[Tensor, "*b M S"], out: Float[Tensor, "*b S"] | None
    ) -> Float[Tensor, "*b S"]:
        known = scores.masked_fill(scores == -torch.inf, 0)
        return torch.sum(known * known.new_tensor(self.weights)[:, None], -2, out=out)
