"""BaM's initial values: normal with std sqrt(2 / D)."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

from bam.initial import normal_by_fan_in
from bam.records import PAD


class Normal:
    """Every item's row is drawn; the padding row is 0."""

    def __call__(self, table: Float[Tensor, "V1 D"], count: Callable[[], Tensor]) -> None:
        normal_by_fan_in(table)
        table[PAD] = 0
