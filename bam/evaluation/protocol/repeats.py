"""For data where users come back to items: a target is ranked among all items."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class Repeats:
    """Nothing that the user has met is taken out; padding scores -inf."""

    met_items_compete = True
    seen_score = -torch.inf

    def seen_from(
        self, start: Int[Tensor, " B"], cut: Int[Tensor, " B"], history_length: int
    ) -> Int[Tensor, " B"]:
        """Where the part of `items[start:cut]` that counts as seen begins: none of it does."""
        return cut

    def padding_seen(
        self, start: Int[Tensor, " B"], cut: Int[Tensor, " B"], history_length: int
    ) -> Bool[Tensor, " B"]:
        """True where id 0 counts as seen."""
        return torch.ones_like(start, dtype=torch.bool)

    def target_score(
        self, score: Float[Tensor, "*K B T"], seen: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "*K B T"]:
        """What a target scores, given whether it is among the seen items."""
        return score
