"""The linear opinion pool (Stone, Annals of Mathematical Statistics, 1961)."""

import torch
from jaxtyping import Float
from torch import Tensor

from bam.model.ensemble.shares import shares


class Linear:
    """score(i) = log sum_m w_m p_m(i), w in proportion to the weights: probabilities are mixed."""

    def __init__(self, weights: list[float]):
        self.weights = shares(weights)

    def __call__(
        self, scores: Float[Tensor, "*b M S"], out: Float[Tensor, "*b S"] | None
    ) -> Float[Tensor, "*b S"]:
        return torch.logsumexp(scores, -2, out=out)
