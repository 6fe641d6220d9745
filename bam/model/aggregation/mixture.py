"""A mixture of softmaxes: each interest is normalised by itself, and weighted by a gate.

BACH (arXiv 2607.08107); Yang et al. (ICLR 2018) mix softmaxes in language models.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.model.scores import Aggregation
from bam.nn.logsumexp import log_sum_exp
from bam.nn.matmul import linear
from bam.records import PAD, Interests
from bam.records import Mixture as Weighted

ITEMS = 4096  # of a block of scores


class Mixture(nn.Module):
    """score(i) = log sum_k pi_k p_k(i), p_k(i) = exp <m_k, e_i> / Z_k, pi by `gate`.

    loss=mixture trains it. BACH's gate is a map of the history's state to K numbers; that of
    aggregation=gate has no order of the interests, for backbones whose interests have none.
    Z_k = sum_i exp <m_k, e_i> over all items is computed outside of training alone, where the loss
    has its own: one more product of each interest with every item. The order of the items within
    an interest does not depend on it, and the weight where lists are merged is pi_k.
    """

    normalises_each = True

    def __init__(self, gate: Aggregation):
        super().__init__()
        self.gate = gate

    def forward(self, interests: Interests, table: Callable[[], Tensor]) -> Weighted:
        """With log pi_k of each interest; outside of training log pi_k - log Z_k."""
        found = self.gate(interests, table)
        if self.training:
            return found
        log_z = log_sums(interests.vectors, table()[PAD + 1 :])
        return replace(found, log_weight=found.log_weight - log_z)

    @property
    def pool(self) -> Callable[..., Tensor]:
        """That of `gate`, of scores that have log pi_k - log Z_k in them."""
        return self.gate.pool


def log_sums(vectors: Float[Tensor, "B K D"], items: Float[Tensor, "V D"]) -> Float[Tensor, "B K"]:
    """log sum_i exp <m_k, e_i>, block by block."""
    blocks = [log_sum_exp(linear(vectors, some).float(), -1) for some in items.split(ITEMS)]
    return log_sum_exp(torch.stack(blocks, -1), -1)
