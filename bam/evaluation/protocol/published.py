"""The evaluation of BaM's published program, to compare with its figures."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class Published:
    """Items of the last-L window score 0 for every interest; older items compete.

    Padding (id 0) scores 0 too where it is in the window; where the window is full it competes
    like an item, with its own row of the table.
    """

    met_items_compete = False
    seen_score = 0.0

    def seen_from(
        self, start: Int[Tensor, " B"], cut: Int[Tensor, " B"], history_length: int
    ) -> Int[Tensor, " B"]:
        """Where the part of `items[start:cut]` that counts as seen begins."""
        return torch.maximum(start, cut - history_length)

    def padding_seen(
        self, start: Int[Tensor, " B"], cut: Int[Tensor, " B"], history_length: int
    ) -> Bool[Tensor, " B"]:
        """True where id 0 counts as seen."""
        return cut - start < history_length

    def target_score(
        self, score: Float[Tensor, "*K B T"], seen: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "*K B T"]:
        """What a target scores, given whether it is among the seen items."""
        return score.masked_fill(seen, self.seen_score)
