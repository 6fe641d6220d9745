"""NDCG: hits, of which those further up the list count for more."""

from collections.abc import Iterator

import torch

from bam.evaluation.outcome import Outcome, Value, require_cutoffs


class NDCG:
    """Of each user, sum of 1 / log2(rank_t + 1) over hits, over the most it can be; from 0 to 1.

    The most is the sum over ranks 1 to min(T, n), for T targets. Source: Järvelin, Kekäläinen,
    "Cumulated gain-based evaluation of IR techniques" (ACM TOIS 2002), with gains of 0 and 1.
    """

    higher_is_better = True
    bounds = (0.0, 1.0)
    list_length = 0
    needs_queries = False

    def __init__(self, cutoffs: list[int]):
        require_cutoffs(cutoffs)
        self.cutoffs = cutoffs

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        discount = (outcome.ranks + 1).double().clamp(min=2).log2()
        for n in self.cutoffs:
            gain = (outcome.hits(n) / discount).sum(1)
            ideal = (1 / torch.arange(2, n + 2, dtype=torch.float64).log2()).cumsum(0)
            yield f"ndcg@{n}", gain / ideal[outcome.num_targets.clamp(max=n) - 1]
