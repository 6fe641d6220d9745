"""Initial values drawn from a normal distribution."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

from bam.errors import require
from bam.nn.init import normal_by_fan_in
from bam.records import PAD


class Normal:
    """Every item's row is drawn with std scale * sqrt(2 / D), BaM's at scale 1; padding is 0."""

    def __init__(self, scale: float):
        require(scale > 0, "scale must be above 0", scale)
        self.scale = scale

    def __call__(self, table: Float[Tensor, "V1 D"], count: Callable[[], Tensor]) -> None:
        normal_by_fan_in(table)
        table *= self.scale
        table[PAD] = 0
