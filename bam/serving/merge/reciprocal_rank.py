"""Reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""

import torch

from bam.errors import require
from bam.serving.found import Found, Merged, add_equals, merge_by


class ReciprocalRank:
    """score(i) = sum over k of K w_k / (constant + rank_k(i)), over the first `depth` ranks.

    With equal weights it is the sum of 1 / (constant + rank); the paper's constant is 60.
    """

    def __init__(self, constant: float, depth: int):
        require(constant >= 0, "constant must be at least 0", constant)
        require(depth >= 1, "depth must be at least 1", depth)
        self.constant, self.depth = constant, depth

    def __call__(self, found: Found, n: int) -> Merged:
        """The n best items; of the interests that list an item, the highest score brings it."""
        lists = found.each(max(n, self.depth))
        K, m = lists.item.shape[1:]
        rank = torch.arange(1, m + 1, device=lists.item.device)
        part = K * found.weight[..., None] / (self.constant + rank)
        total = add_equals(lists.item.flatten(1), part.flatten(1))
        return merge_by(total.view_as(part), lists, n)
