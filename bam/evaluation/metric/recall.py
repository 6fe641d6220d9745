"""Recall: which share of a user's targets the list holds."""

from collections.abc import Iterator

from bam.evaluation.outcome import Outcome, Value, require_cutoffs


class Recall:
    """Of each user, |{t: rank_t <= n}| / T, for T targets; from 0 to 1.

    It divides by T even where T > n: then less than 1 is the most it can be. With one target it
    is the hit rate. Source: Manning, Raghavan, Schütze, "Introduction to Information Retrieval"
    (2008), section 8.3.
    """

    higher_is_better = True
    bounds = (0.0, 1.0)
    list_length = 0
    needs_queries = False

    def __init__(self, cutoffs: list[int]):
        require_cutoffs(cutoffs)
        self.cutoffs = cutoffs

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        for n in self.cutoffs:
            yield f"recall@{n}", outcome.hits(n).sum(1) / outcome.num_targets
