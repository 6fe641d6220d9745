"""MAP: the precision at each hit, so that both more hits and earlier hits count."""

from collections.abc import Iterator

import torch

from bam.evaluation.outcome import Outcome, Value, require_cutoffs


class MAP:
    """Of each user, sum of k / r_k over hits, over min(T, n); from 0 to 1.

    r_k is the rank of the k-th best of T targets, so k / r_k is the precision there. Source:
    Manning, Raghavan, Schütze, "Introduction to Information Retrieval" (2008), section 8.4. There
    the sum goes over the whole ranking and is divided by T; a list of n holds at most n targets,
    so min(T, n) lets the best list have 1.
    """

    higher_is_better = True
    bounds = (0.0, 1.0)
    list_length = 0
    needs_queries = False

    def __init__(self, cutoffs: list[int]):
        require_cutoffs(cutoffs)
        self.cutoffs = cutoffs

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        missing = outcome.ranks == 0
        ranks = outcome.ranks.masked_fill(missing, torch.iinfo(outcome.ranks.dtype).max)
        ranks = ranks.sort(1).values
        place = torch.arange(1, ranks.shape[1] + 1)
        precision = place / ranks.double()
        for n in self.cutoffs:
            hits = precision * (ranks <= n)
            yield f"map@{n}", hits.sum(1) / outcome.num_targets.clamp(max=n)
