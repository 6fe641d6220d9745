"""What is found for some users: their interests, and the lists that these bring."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import pad

from bam.data.windows import came_before
from bam.evaluation.targets import among
from bam.evaluation.top import Top
from bam.records import PAD, Mixture


@dataclass(frozen=True)
class Found:
    """Interests, how much each counts, and their best items; an interest of weight 0 has none."""

    mixture: Mixture
    weight: Float[Tensor, "B K"]  # each row sums to 1
    pooled: Callable[[int], Top]  # the n best items [B n] by the model's score
    each: Callable[[int], Top]  # the n best items [B K n] of each interest; PAD, -inf: no item
    winner: Callable[[Tensor], Tensor]  # the interest [B n] that scores each item [B n] highest
    memory: Callable[[Tensor], Tensor]  # what the memory adds to the score of each item [B n]
    remembered: Callable[[int], Tensor]  # the n items [B n] to which it adds most; PAD: no item
    alone: "Found | None"  # what the model finds without the memory; None: that adds nothing


def by_memory(item: Int[Tensor, "*b n"], alone: Int[Tensor, "*b m"]) -> Bool[Tensor, "*b n"]:
    """Which items of a list the model alone would not list, so that the memory has brought them."""
    return (item != PAD) & ~among(item, alone)


@dataclass(frozen=True)
class Merged:
    """One list for each user, best first."""

    item: Int[Tensor, "B n"]  # PAD: no item
    priority: Float[Tensor, "B n"]  # by which the list is ordered; -inf: no item
    score: Float[Tensor, "B n"]  # of the item, by its interest or by all of them; -inf: no item
    interest: Int[Tensor, "B n"]  # that brought the item

    def gather(self, place: Int[Tensor, "B m"]) -> "Merged":
        """The items in these places of each list, in this order."""
        parts = (self.item, self.priority, self.score, self.interest)
        return Merged(*(part.gather(1, place) for part in parts))


def merge_by(priority: Float[Tensor, "B K m"], lists: Top, n: int) -> Merged:
    """The n items of the lists [B K m] with the highest priorities, each item once.

    Of equal priorities the one with the highest score comes first, then that of the first interest.
    """
    m, present = lists.item.shape[2], lists.item.flatten(1) != PAD
    given = priority.flatten(1).masked_fill(~present, -torch.inf)
    by_score = lists.score.flatten(1).argsort(dim=1, descending=True, stable=True)
    ordered, place = given.gather(1, by_score).sort(dim=1, descending=True, stable=True)
    place = by_score.gather(1, place)
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


def add_equals(ids: Int[Tensor, "B M"], value: Float[Tensor, "B M"]) -> Float[Tensor, "B M"]:
    """For each id the sum of the values of all equal ids of its row."""
    ordered, place = ids.sort(dim=1)
    group = pad(ordered[:, 1:] != ordered[:, :-1], (1, 0)).cumsum(1)
    group = torch.empty_like(group).scatter_(1, place, group)
    return torch.zeros_like(value).scatter_add_(1, group, value).gather(1, group)
