"""Queries: how many searches of an index a user needs."""

from collections.abc import Iterator
from math import inf

from bam.errors import require
from bam.evaluation.outcome import Outcome, Value
from bam.evaluation.queries import distinct_interests


class Queries:
    """Of each user, the number Q of distinct interests, which send one query each; from 1 to K.

    Of two interests whose cosine is above `max_cosine` only the heavier is counted.
    """

    higher_is_better = False
    bounds = (1.0, inf)
    list_length = 0
    needs_queries = True

    def __init__(self, max_cosine: float):
        require(-1 <= max_cosine <= 1, "max_cosine must be from -1 to 1", max_cosine)
        self.max_cosine = max_cosine

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        found = outcome.queries
        kept, _ = distinct_interests(found.cosine, found.weight, self.max_cosine)
        yield "queries", kept.sum(1).double()
