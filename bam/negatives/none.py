"""No negatives, for a likelihood that looks at the whole catalogue."""

from jaxtyping import Int
from torch import Tensor


class Nothing:
    """S = 0."""

    def __init__(self, num_items: int):
        self.num_items = num_items

    def __call__(self, target: Int[Tensor, " B"]) -> Int[Tensor, "R S"]:
        return target.new_empty(1, 0)
