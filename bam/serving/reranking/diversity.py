"""Accuracy against diversity, by a greedy choice (ComiRec's aggregation, Cen et al., KDD 2020).

Q(u, S) = sum over i in S of f(u, i) + factor * sum over i, j in S of g(i, j), where f is the score
and g is 1 for items of different categories, else 0. The paper's algorithm adds n times the item
with the largest f(u, i) + factor * sum over j in S of g(i, j).
"""

from collections.abc import Callable
from math import inf

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from bam.errors import Mistake, require
from bam.serving.found import Merged


class Diversity:
    """Adds argmax over i not in S of f(u, i) + factor * sum over j in S of g(i, j), n times.

    g(i, j) = 1 - |G_i & G_j| / |G_i | G_j| of their genres, which is the paper's g where an item
    has one category, and 0 where an item has no genre. f is what the merge orders by; `pool` items
    of the merged list compete for the n places, and of equals the first of them has the place. With
    factor 0 the list is as it was. Where there are fewer items, PAD is at the end.
    """

    def __init__(self, factor: float, pool: int):
        require(0 <= factor < inf, "factor must be at least 0, and finite", factor)
        require(pool >= 1, "pool must be at least 1", pool)
        self.factor, self.pool = factor, pool

    def candidates(self, n: int) -> int:
        """How many items of the merged list are needed for n."""
        return max(n, self.pool)

    def __call__(
        self, merged: Merged, genres: Callable[[], Bool[Tensor, "V1 G"]], n: int
    ) -> Merged:
        """The n items that the greedy choice takes, in its order.

        Raises:
            Mistake: no item of the data set has a genre.
        """
        table = genres()
        if not table.shape[1]:
            raise Mistake("reranking must be none, as no item of the data set has a genre")
        sets = table[merged.item.cpu()].to(merged.item.device, torch.float64)
        lowest = torch.finfo(torch.float64).min  # of no item; what is chosen is below it
        value, bonus = merged.priority.double().clamp(min=lowest), torch.zeros_like(sets[..., 0])
        chosen = []
        for _ in range(min(n, value.shape[1])):
            best = (value + self.factor * bonus).max(1, keepdim=True).indices
            chosen.append(best)
            value.scatter_(1, best, -inf)
            bonus += distance_to(sets, best)
        return merged.gather(torch.cat(chosen, 1))


def distance_to(sets: Float[Tensor, "B M G"], one: Int[Tensor, "B 1"]) -> Float[Tensor, "B M"]:
    """The Jaccard distance of each item's genres from those of item `one` of its row."""
    chosen = sets.take_along_dim(one[..., None], 1)
    both = (sets * chosen).sum(2)
    size, own = sets.sum(2), chosen.sum(2)
    distance = 1 - both / (size + own - both).clamp(min=1)
    return distance * ((size > 0) & (own > 0))
