"""Interests whose scores are multiplied by weights (MIP: Shi et al., arXiv 2207.06652)."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from bam.model.scores import Aggregation
from bam.records import Interests, Mixture


class Scaled(nn.Module):
    """score(i) = pool over k of K g_k <m_k, e_i>, g by `gate`.

    Every loss trains the weights, since the vectors carry them. MIP's weight is a softplus, of any
    size; this one has the mean 1, so that one interest scores as it does without a weight.
    """

    def __init__(self, gate: Aggregation):
        super().__init__()
        self.gate = gate

    def forward(self, interests: Interests, table: Callable[[], Tensor]) -> Mixture:
        """The vectors K g_k m_k; the weight where lists are merged is g_k."""
        found = self.gate(interests, table)
        scale = found.weight.shape[1] * found.weight
        return replace(
            found,
            vectors=scale[..., None] * found.vectors,
            log_weight=torch.zeros_like(found.log_weight),
        )

    @property
    def pool(self) -> Callable[..., Tensor]:
        """That of `gate`, of scores that have the weights in them."""
        return self.gate.pool
