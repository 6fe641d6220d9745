"""A mixture of softmaxes: each interest is normalised by itself, and weighted by a gate.

BACH (arXiv 2607.08107); Yang et al. (ICLR 2018) mix softmaxes in language models.
"""

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor, nn

from bam.model.scores import Aggregation, log_sum
from bam.records import PAD, Interests
from bam.records import Mixture as Weighted


class Mixture(nn.Module):
    """score(i) = log sum_k pi_k p_k(i), p_k(i) = exp <m_k, e_i> / Z_k, pi by `gate`.

    loss=mixture trains it. BACH's gate is a map of the history's state to K numbers; that of
    aggregation=gate has no order of the interests, for backbones whose interests have none.
    Z_k = sum_i exp <m_k, e_i> over all items is computed outside of training alone, where the loss
    has its own: one more product of each interest with every item. The order of the items within
    an interest does not depend on it, and the weight where lists are merged is pi_k.
    """

    normalises_each = True
    gives_log_probabilities = True

    def __init__(self, gate: Aggregation):
        super().__init__()
        self.gate = gate

    def forward(self, interests: Interests, table: Callable[[], Tensor]) -> Weighted:
        """With log pi_k of each interest; outside of training log pi_k - log Z_k."""
        found = self.gate(interests, table)
        if self.training:
            return found
        log_z = log_sum(Weighted.equal(interests), _each, table()[PAD + 1 :])
        return replace(found, log_weight=found.log_weight - log_z)

    @property
    def pool(self) -> Callable[..., Tensor]:
        """That of `gate`, of scores that have log pi_k - log Z_k in them."""
        return self.gate.pool


def _each(scores: Tensor) -> Tensor:
    """The scores of each interest, apart."""
    return scores
