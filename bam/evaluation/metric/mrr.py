"""MRR: how far up the first target is, in the whole catalogue."""

from collections.abc import Iterator

import torch

from bam.evaluation.outcome import Outcome, Value


class MRR:
    """Of each user, 1 / (rank of the best target); above 0, at most 1. It has no cutoff.

    Source: Voorhees, "The TREC-8 question answering track report" (1999).
    """

    higher_is_better = True
    bounds = (0.0, 1.0)
    list_length = 0
    needs_queries = False

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        ranks = outcome.ranks
        best = ranks.masked_fill(ranks == 0, torch.iinfo(ranks.dtype).max).amin(1)
        yield "mrr", 1 / best.double()
