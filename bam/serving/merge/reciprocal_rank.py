"""Reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""

from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import pad

from bam.errors import require
from bam.serving.found import Found, Merged, merge_by


class ReciprocalRank:
    """score(i) = sum over k of K w_k / (constant + rank_k(i)), over the first `depth` ranks.

    With equal weights it is the sum of 1 / (constant + rank); the paper's constant is 60.
    """

    def __init__(self, constant: float, depth: int):
        require(constant >= 0, "constant must be at least 0", constant)
        require(depth >= 1, "depth must be at least 1", depth)
        self.constant, self.depth = constant, depth

    def __call__(self, found: Found, n: int) -> Merged:
        """The n best items; each with the interest that scores it highest."""
        lists = found.each(max(n, self.depth))
        K, m = lists.item.shape[1:]
        rank = torch.arange(1, m + 1, device=lists.item.device)
        part = K * found.weight[..., None] / (self.constant + rank)
        total = add_equals(lists.item.flatten(1), part.flatten(1))
        merged = merge_by(total.view_as(part), lists, n)
        return replace(merged, interest=found.winner(merged.item))


def add_equals(ids: Int[Tensor, "B M"], value: Float[Tensor, "B M"]) -> Float[Tensor, "B M"]:
    """For each id the sum of the values of all equal ids of its row."""
    ordered, place = ids.sort(dim=1)
    group = pad(ordered[:, 1:] != ordered[:, :-1], (1, 0)).cumsum(1)
    group = torch.empty_like(group).scatter_(1, place, group)
    return torch.zeros_like(value).scatter_add_(1, group, value).gather(1, group)
