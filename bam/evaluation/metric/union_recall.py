"""Union recall: which share of a user's targets K queries to an index bring as candidates."""

from collections.abc import Iterator

from jaxtyping import Float, Int
from torch import Tensor

from bam.errors import require
from bam.evaluation.outcome import Outcome, Value, require_cutoffs
from bam.evaluation.queries import distinct_interests

ROUNDING = 1e-6  # of a share of 1: shares are sums of float32


class UnionRecall:
    """Of each user, |{t: rank_k(t) <= n_k for any interest k}| / T, for T targets; from 0 to 1.

    Interest k sends a query, and gets its n_k = ceil(n w_k) best items; rank_k is a target's rank
    under this interest alone, among the same items as in the protocol. w_k is 1 / Q for the Q
    distinct interests of a user, or with `by_weight` their weight: the gate's, or equal without a
    gate. Of two interests whose cosine is above `max_cosine` only the heavier sends a query. The
    n_k add up to n, or at most Q - 1 more. With one interest it is recall. Source: quotas as in
    Octopus (Liu et al., SIGIR 2020) and MIP (Shi et al., 2022), which round n w_k to the nearest
    number; rounded up, every query brings an item.
    """

    higher_is_better = True
    bounds = (0.0, 1.0)
    list_length = 0
    needs_queries = True

    def __init__(self, cutoffs: list[int], max_cosine: float, by_weight: bool):
        require_cutoffs(cutoffs)
        require(-1 <= max_cosine <= 1, "max_cosine must be from -1 to 1", max_cosine)
        self.cutoffs, self.max_cosine, self.by_weight = cutoffs, max_cosine, by_weight

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        found = outcome.queries
        kept, weight = distinct_interests(found.cosine, found.weight, self.max_cosine)
        share = (weight if self.by_weight else kept).double()
        for n in self.cutoffs:
            within = (found.rank > 0) & (found.rank <= quotas(share, n)[:, None])
            yield f"union_recall@{n}", within.any(2).sum(1) / outcome.num_targets.double()


def quotas(share: Float[Tensor, "U K"], n: int) -> Int[Tensor, "U K"]:
    """ceil(n w_k), for shares that need not sum to 1, and are sums of numbers of float32."""
    exact = n * share / share.sum(1, keepdim=True)
    return (exact - ROUNDING * n).ceil().long().clamp(min=(share > 0).long())
