"""Precision: which share of the list is targets."""

from collections.abc import Iterator

from bam.evaluation.outcome import Outcome, Value, require_cutoffs


class Precision:
    """Of each user, |{t: rank_t <= n}| / n; from 0 to 1.

    It divides by n even where T < n, for T targets: then T / n is the most it can be. Source:
    Manning, Raghavan, Schütze, "Introduction to Information Retrieval" (2008), section 8.4.
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
            yield f"precision@{n}", outcome.hits(n).sum(1) / n
