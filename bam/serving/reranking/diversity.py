"""Accuracy against diversity, by a greedy choice (ComiRec's aggregation, Cen et al., KDD 2020).

Q(u, S) = sum over i in S of f(u, i) + factor * sum over i, j in S of g(i, j), where f is the score
and g is 1 for items of different categories, else 0; the greedy choice adds the item that raises Q
most, until there are n.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from bam.errors import require
from bam.serving.found import Merged


class Diversity:
    """Adds argmax over i not in S of f(u, i) + factor * sum over j in S of g(i, j), n times.

    g(i, j) = 1 - |G_i & G_j| / |G_i | G_j| of their genres, which is the paper's g where an item
    has one category, and 0 where an item has no genre. f is what the merge orders by; `pool` items
    of the merged list compete for the n places. With factor 0 the list is as it was.
    """

    def __init__(self, factor: float, pool: int):
        require(factor >= 0, "factor must be at least 0", factor)
        require(pool >= 1, "pool must be at least 1", pool)
        self.factor, self.pool = factor, pool

    def candidates(self, n: int) -> int:
        """How many items of the merged list are needed for n."""
        return max(n, self.pool)

    def __call__(
        self, merged: Merged, genres: Callable[[], Bool[Tensor, "V1 G"]], n: int
    ) -> Merged:
        """The n items that the greedy choice takes, in its order."""
        table = genres()
        require(
            table.shape[1] > 0, "reranking=diversity must have genres; the data set has none", 0
        )
        sets = table[merged.item.cpu()].float().to(merged.item.device)
        value, bonus = merged.priority.clone(), torch.zeros_like(merged.priority)
        chosen = []
        for _ in range(min(n, value.shape[1])):
            best = (value + self.factor * bonus).argmax(1, keepdim=True)
            chosen.append(best)
            value.scatter_(1, best, -torch.inf)
            bonus += distance_to(sets, best)
        return merged.gather(torch.cat(chosen, 1))


def distance_to(sets: Float[Tensor, "B M G"], one: Tensor) -> Float[Tensor, "B M"]:
    """The Jaccard distance of each item's genres from those of item `one` [B 1] of its row."""
    chosen = sets.take_along_dim(one[..., None], 1)
    both = (sets * chosen).sum(2)
    size, own = sets.sum(2), chosen.sum(2)
    distance = 1 - both / (size + own - both).clamp(min=1)
    return distance * ((size > 0) & (own > 0))
