"""Popularity bias: how much more popular the items of a list are than what users choose."""

from collections.abc import Iterator
from math import inf

from bam.evaluation.outcome import Outcome, Value, require_cutoffs


class PopularityBias:
    """Of each user, the mean of c_i over the first n items, over sum_j c_j^2 / sum_j c_j.

    c_i is how often item i is in the training part. 0 or more; 1: as popular as the item of an
    average training interaction, 2: twice as popular. A list without items has 0. The mean of c_i
    is the average recommendation popularity (ARP) of Abdollahpouri, Burke, Mobasher, "Managing
    popularity bias in recommender systems with personalized re-ranking" (FLAIRS 2019). It is
    divided by what it would be for items drawn from the training part, so that data sets of any
    size compare; this changes no order and no test of significance.
    """

    higher_is_better = False
    bounds = (0.0, inf)
    needs_queries = False

    def __init__(self, cutoffs: list[int]):
        require_cutoffs(cutoffs)
        self.cutoffs, self.list_length = cutoffs, max(cutoffs)

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        count = outcome.facts.counts().double()
        usual = count.square().sum() / count.sum().clamp(min=1)
        for n in self.cutoffs:
            yield f"popularity_bias@{n}", outcome.list_means(count / usual.clamp(min=1), n)
