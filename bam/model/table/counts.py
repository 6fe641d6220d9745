"""How often each item occurs in the training part."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor


class Counts:
    """Every entry of an item's row is its count; the padding row is 0."""

    def __call__(self, table: Float[Tensor, "V1 D"], count: Callable[[], Tensor]) -> None:
        table.copy_(count()[:, None].expand_as(table))
