"""The best items of each user, over all blocks of items."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

QUICK = 64  # scores for each place of a list above which torch sorts only those of the list


def top(
    scores: Float[Tensor, "B v"], length: int
) -> tuple[Float[Tensor, "B n"], Int[Tensor, "B n"]]:
    """The best scores of each row, best first, and their places; exact.

    The best n scores are in the n groups with the best maxima: a maximum over groups is cheap, and
    few scores are left to sort.
    """
    B, v = scores.shape
    groups = min(32, v // (QUICK * length)) if length else 0
    if groups < 8:
        return scores.topk(length)
    wide = v // groups
    grouped = scores[:, : wide * groups]
    column = grouped.unflatten(1, (groups, wide)).amax(1).topk(length, sorted=False).indices
    row = torch.arange(groups, device=scores.device) * wide
    place = (column[:, :, None] + row).flatten(1)
    place = torch.cat(
        [place, torch.arange(wide * groups, v, device=scores.device).expand(B, -1)], 1
    )
    best, order = scores.gather(1, place).topk(length)
    return best, place.gather(1, order)


@dataclass(frozen=True)
class Top:
    """The best items of each user so far, best first; or of each user's interests."""

    score: Float[Tensor, "*b n"]
    item: Int[Tensor, "*b n"]

    def merged(self, scores: Float[Tensor, "B v"], first: int, length: int) -> "Top":
        """The best `length` of these and of another block."""
        score, place = top(scores, min(length, scores.shape[1]))
        score = torch.cat([self.score, score], 1)
        item = torch.cat([self.item, place + first], 1)
        score, order = score.topk(min(length, score.shape[1]))
        return Top(score, item.gather(1, order))

    def to(self, device: torch.device) -> "Top":
        """The same on a device."""
        return Top(self.score.to(device), self.item.to(device))

    @staticmethod
    def best(parts: Sequence["Top"], length: int) -> "Top":
        """The best `length` of several lists of each user, which have no item in common."""
        if len(parts) == 1:
            return parts[0]
        item = torch.cat([part.item for part in parts], 1)
        score = torch.cat([part.score for part in parts], 1)
        score, order = score.topk(min(length, score.shape[1]))  # a catalogue may have fewer
        return Top(score, item.gather(1, order))

    @staticmethod
    def empty(like: Float[Tensor, "B K D"]) -> "Top":
        """No item yet, for each row of `like`."""
        return Top(like.new_empty(len(like), 0), like.new_empty(len(like), 0, dtype=torch.int64))
