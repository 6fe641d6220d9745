"""How interests score items."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from bam.nn.logsumexp import log_sum_exp
from bam.nn.matmul import linear
from bam.records import Interests, Mixture

ITEMS = 4096  # of a block of scores


@runtime_checkable
class Aggregation(Protocol):
    """What an option of bam.model.aggregation decides: how K interests score an item together."""

    def __call__(self, interests: Interests, table: Callable[[], Tensor]) -> Mixture:
        """The interests as they score, and what is added to the scores of each.

        `table` gives every row [V1 D] that they score.
        """

    def pool(self, scores: Tensor, out: Tensor | None = None) -> Tensor:
        """The scores [*b K S] of K interests as one [*b S]."""


def inner_products(
    vectors: Float[Tensor, "*b M D"], items: Float[Tensor, "*r S D"]
) -> Float[Tensor, "*b M S"]:
    """<m_k, e_i>, for items that all rows share ([S D]) or that each row has ([B S D])."""
    return linear(vectors, items) if items.ndim == 2 else vectors @ items.mT


def interest_scores(mixture: Mixture, items: Float[Tensor, "*r S D"]) -> Float[Tensor, "B K S"]:
    """<m_k, e_i> + log_weight_k: the score that each interest gives to each item."""
    return inner_products(mixture.vectors, items).float() + mixture.log_weight[..., None]


def log_sum(
    mixture: Mixture, pool: Callable[..., Tensor], items: Float[Tensor, "v D"]
) -> Float[Tensor, " B *K"]:
    """log sum_i exp(score of i) of each user, block by block.

    `pool` is the aggregation's, or leaves the scores of each interest apart.
    """
    blocks = items.split(ITEMS)
    sums = [log_sum_exp(pool(interest_scores(mixture, some)), -1) for some in blocks]
    return log_sum_exp(torch.stack(sums), 0)
