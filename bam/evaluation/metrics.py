"""Metrics of ranked lists, from the 1-based ranks of each user's targets (0: no target)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def recall(rank: Int[Tensor, "U T"], n: int) -> Float[Tensor, " U"]:
    """Share of the user's targets among the first n; with one target, the hit rate."""
    return _found(rank, n).sum(1) / (rank > 0).sum(1)


def ndcg(rank: Int[Tensor, "U T"], n: int) -> Float[Tensor, " U"]:
    """sum of 1 / log2(rank + 1) over targets among the first n, over the most it could be."""
    gain = (_found(rank, n) / (rank + 1).double().clamp(min=2).log2()).sum(1)
    ideal = (1 / torch.arange(2, n + 2, dtype=torch.float64).log2()).cumsum(0)
    return gain / ideal[(rank > 0).sum(1).clamp(max=n) - 1]


def mrr(rank: Int[Tensor, "U T"]) -> Float[Tensor, " U"]:
    """1 / rank of the user's best target."""
    return 1 / rank.masked_fill(rank == 0, torch.iinfo(rank.dtype).max).amin(1).double()


def coverage(lists: Int[Tensor, "U n"], num_items: int) -> float:
    """Share of the catalogue that stands in at least one user's list."""
    return len(lists.unique()) / num_items


def each_user(rank: Int[Tensor, "U T"], cutoffs: list[int]) -> dict[str, Float[Tensor, " U"]]:
    """Every metric at every cutoff, of each user."""
    at = {f"{metric.__name__}@{n}": metric(rank, n) for metric in (recall, ndcg) for n in cutoffs}
    return {**at, "mrr": mrr(rank)}


def summary(rank: Int[Tensor, "U T"], cutoffs: list[int]) -> dict[str, float]:
    """As `each_user`, as a mean over users."""
    return {name: float(value.mean()) for name, value in each_user(rank, cutoffs).items()}


def names(cutoffs: list[int]) -> list[str]:
    """What `summary` reports."""
    return list(summary(torch.ones(1, 1, dtype=torch.int64), cutoffs))


def _found(rank: Int[Tensor, "U T"], n: int) -> Float[Tensor, "U T"]:
    return ((rank > 0) & (rank <= n)).double()
