"""How interests score items."""

from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from bam.nn.matmul import linear


@runtime_checkable
class Aggregation(Protocol):
    """What an option of bam.model.aggregation decides."""

    def __call__(self, vectors: Tensor) -> Tensor: ...
    def pool(self, scores: Tensor, out: Tensor | None = None) -> Tensor: ...


def gated(products: Float[Tensor, "*b M S"], vectors: Float[Tensor, "*b M E"], D: int) -> Tensor:
    """<m_k, e_i>, plus log g_k where that stands beside the vector, beyond the items' width D."""
    return products if vectors.shape[-1] == D else products.float().add_(vectors[..., D:])


def gated_products(
    vectors: Float[Tensor, "*b M E"], items: Float[Tensor, "*r S D"]
) -> Float[Tensor, "*b M S"]:
    """The scores of every interest for each item."""
    D = items.shape[-1]
    m = vectors[..., :D]
    return gated(linear(m, items) if items.ndim == 2 else m @ items.mT, vectors, D)
