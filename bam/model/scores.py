"""How interests score items."""

from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from bam.nn.matmul import linear
from bam.records import Mixture


@runtime_checkable
class Aggregation(Protocol):
    """What an option of bam.model.aggregation decides: how K interests score an item together."""

    def __call__(self, vectors: Tensor) -> Tensor:
        """log_weight [B K]: what is added to the scores of each of the interests [B K D]."""

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
