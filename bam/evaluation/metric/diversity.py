"""Diversity: how different the genres of a list's items are."""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from bam.evaluation.outcome import Outcome, Value, require_cutoffs

USERS = 512  # at once: their items' genres and pairs are in memory together


class Diversity:
    """Of each user, the mean of 1 - |G_i & G_j| / |G_i | G_j| over pairs of the first n items.

    G_i are the genres of item i in catalogue.tsv; from 0 (all have the same) to 1 (no two share a
    genre). An item without genres is in no pair, and a list without pairs has 0. Where no item
    of the data set has a genre, nothing is yielded, and tables have an empty cell. Source: Ziegler
    et al., "Improving recommendation lists through topic diversification" (WWW 2005), with the
    Jaccard similarity of genres.
    """

    higher_is_better = True
    bounds = (0.0, 1.0)
    needs_queries = False

    def __init__(self, cutoffs: list[int]):
        require_cutoffs(cutoffs)
        self.cutoffs, self.list_length = cutoffs, max(cutoffs)

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        genres = outcome.facts.genres()
        if not genres.any():
            return
        for n in self.cutoffs:
            users = outcome.lists[:, :n].split(USERS)
            yield f"diversity@{n}", torch.cat([mean_distance(genres[lists]) for lists in users])


def mean_distance(genres: Bool[Tensor, "U n G"]) -> Float[Tensor, " U"]:
    """Mean Jaccard distance over the pairs of each list's items that have genres."""
    sets = genres.float()
    size = sets.sum(-1)
    both = sets @ sets.mT  # counts: exact in float32
    either = size[:, :, None] + size[:, None] - both
    known = size > 0
    pairs = (known[:, :, None] & known[:, None]).triu(1)
    distance = (1 - both.double() / either.clamp(min=1)) * pairs
    return distance.sum((1, 2)) / pairs.sum((1, 2)).clamp(min=1)
