"""What is found for some users: their interests, and the lists that these bring."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.evaluation.ranking import Top
from bam.evaluation.targets import came_before
from bam.records import PAD, Mixture


@dataclass(frozen=True)
class Found:
    """Interests, how much each counts, and their best items; an interest of weight 0 has none."""

    mixture: Mixture
    weight: Float[Tensor, "B K"]  # each row sums to 1
    pooled: Callable[[int], Top]  # the n best items [B n] by the model's score
    each: Callable[[int], Top]  # the n best items [B K n] of each interest; PAD, -inf: no item
    winner: Callable[[Tensor], Tensor]  # the interest [B n] that scores each item [B n] highest


@dataclass(frozen=True)
class Merged:
    """One list for each user, best first."""

    item: Int[Tensor, "B n"]  # PAD: no item
    priority: Float[Tensor, "B n"]  # by which the list is ordered; -inf: no item
    score: Float[Tensor, "B n"]  # that the model gives the item; -inf: no item
    interest: Int[Tensor, "B n"]  # that brought the item

    def gather(self, place: Int[Tensor, "B m"]) -> "Merged":
        """The items in these places of each list, in this order."""
        parts = (self.item, self.priority, self.score, self.interest)
        return Merged(*(part.gather(1, place) for part in parts))


def merge_by(priority: Float[Tensor, "B K m"], lists: Top, n: int) -> Merged:
    """The n items of the lists [B K m] with the highest priorities, each item once.

    Of equal priorities the one of the first interest comes first.
    """
    m, present = lists.item.shape[2], lists.item.flatten(1) != PAD
    given = priority.flatten(1).masked_fill(~present, -torch.inf)
    ordered, place = given.sort(dim=1, descending=True, stable=True)
    repeated = came_before(lists.item.flatten(1).gather(1, place))
    best = ordered.masked_fill(repeated, -torch.inf)
    best, kept = best.sort(dim=1, descending=True, stable=True)
    place = place.gather(1, kept[:, :n])
    missing = best[:, :n] == -torch.inf
    return Merged(
        item=lists.item.flatten(1).gather(1, place).masked_fill(missing, PAD),
        priority=best[:, :n],
        score=lists.score.flatten(1).gather(1, place).masked_fill(missing, -torch.inf),
        interest=place // m,
    )
