"""The default protocol: a target is ranked among all items its user has not seen."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class Clean:
    """Every item of the user's whole history scores -inf, and so does padding.

    A target that the user has met before keeps its own score: it is the item to predict, and the
    only items it competes with are the unseen ones and the user's other targets.
    """

    met_items_compete = False
    seen_score = -torch.inf

    def seen_from(
        self, start: Int[Tensor, " B"], cut: Int[Tensor, " B"], history_length: int
    ) -> Int[Tensor, " B"]:
        """Where the part of `items[start:cut]` that counts as seen begins."""
        return start

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
