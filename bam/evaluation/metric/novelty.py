"""Novelty: how surprising the items of a list are, by how rarely they were met in training."""

from collections.abc import Iterator
from math import inf

from bam.evaluation.outcome import Outcome, Value, require_cutoffs


class Novelty:
    """Of each user, the mean of -log2(c_i / sum_j c_j) over the first n items, in bits.

    c_i is how often item i is in the training part. From 0 to log2(sum_j c_j): an item that was
    never met counts as if met once, or it would be infinite. A list without items has 0. Source:
    Vargas, Castells, "Rank and relevance in novelty and diversity metrics for recommender systems"
    (RecSys 2011), the self-information of Zhou et al. (PNAS 2010).
    """

    higher_is_better = True
    bounds = (0.0, inf)
    needs_queries = False

    def __init__(self, cutoffs: list[int]):
        require_cutoffs(cutoffs)
        self.cutoffs, self.list_length = cutoffs, max(cutoffs)

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        count = outcome.facts.counts().double()
        bits = (count.sum().clamp(min=1) / count.clamp(min=1)).log2()
        for n in self.cutoffs:
            yield f"novelty@{n}", outcome.list_means(bits, n)
