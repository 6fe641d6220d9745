"""Gini: how unequally the places of all lists are shared by the items."""

from collections.abc import Iterator

import torch

from bam.evaluation.outcome import Outcome, Value, require_cutoffs
from bam.records import PAD


class Gini:
    """Of all lists, sum over j of (2j - V - 1) p_j / (V - 1); 0: all alike, 1: one item has all.

    p_1 <= ... <= p_V are the items' shares of the first n places of every list; an item in no list
    has 0. With one item, or without any place that is filled, it is 0. Source: Shani, Gunawardana,
    "Evaluating recommendation systems" (Recommender Systems Handbook, 2011), section 8.3.3.
    """

    higher_is_better = False
    bounds = (0.0, 1.0)
    needs_queries = False

    def __init__(self, cutoffs: list[int]):
        require_cutoffs(cutoffs)
        self.cutoffs, self.list_length = cutoffs, max(cutoffs)

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        V = outcome.facts.num_items
        weight = torch.arange(1 - V, V, 2, dtype=torch.float64)  # 2j - V - 1
        for n in self.cutoffs:
            places = outcome.lists[:, :n].flatten()
            count = torch.bincount(places[places != PAD], minlength=V + 1)[1:].sort().values
            unequal = float((weight * count).sum())
            yield f"gini@{n}", unequal / (max(int(count.sum()), 1) * max(V - 1, 1))
