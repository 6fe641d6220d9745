"""A mixture of softmaxes: each interest is normalised by itself, and weighted by a gate."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.nn.init import normal_by_fan_in
from bam.nn.logsumexp import log_sum_exp
from bam.nn.matmul import linear
from bam.records import PAD, Interests
from bam.records import Mixture as Weighted

ITEMS = 4096  # of a block of scores


class Mixture(nn.Module):
    """score(i) = log sum_k pi_k exp <m_k, e_i> / Z_k, pi = softmax_k(<v, tanh(W m_k + U s + b)>).

    The gate sees the history, by its summary s, and not the target (BACH, arXiv 2607.08107, whose
    gate is a map of the history's state to K numbers; this one has no order of the interests, for
    backbones whose interests have none). loss=mixture trains it. Z_k = sum_i exp <m_k, e_i> over
    all items is computed outside of training alone, where the loss has its own; without `normalise`
    it is left out, which keeps the order of the items within an interest.
    """

    def __init__(self, dim: int, hidden: int, normalise: bool):
        super().__init__()
        require(hidden >= 1, "hidden must be at least 1", hidden)
        self.normalise = normalise
        self.of_interest = nn.Linear(dim, hidden)
        self.of_history = nn.Linear(dim, hidden, bias=False)
        self.energy = nn.Linear(hidden, 1, bias=False)
        for layer in (self.of_interest, self.of_history, self.energy):
            normal_by_fan_in(layer.weight.data)
        self.of_interest.bias.data.zero_()

    def forward(self, interests: Interests, table: Callable[[], Tensor]) -> Weighted:
        """With log pi_k of each interest; outside of training log pi_k - log Z_k."""
        hidden = self.of_interest(interests.vectors) + self.of_history(interests.summary)[:, None]
        log_weight = self.energy(hidden.tanh())[..., 0].float().log_softmax(1)
        if self.normalise and not self.training:
            log_weight = log_weight - log_sums(interests.vectors, table()[PAD + 1 :])
        return Weighted(interests.vectors, interests.routing, log_weight)

    def pool(
        self, scores: Float[Tensor, "*b K S"], out: Float[Tensor, "*b S"] | None = None
    ) -> Float[Tensor, "*b S"]:
        """log sum_k exp of scores that have log pi_k - log Z_k in them."""
        return torch.logsumexp(scores, -2, out=out)


def log_sums(vectors: Float[Tensor, "B K D"], items: Float[Tensor, "V D"]) -> Float[Tensor, "B K"]:
    """log sum_i exp <m_k, e_i>, block by block."""
    blocks = [log_sum_exp(linear(vectors, some).float(), -1) for some in items.split(ITEMS)]
    return log_sum_exp(torch.stack(blocks, -1), -1)
