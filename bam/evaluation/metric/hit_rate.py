"""Hit rate: whether the list holds any target."""

from collections.abc import Iterator

from bam.evaluation.outcome import Outcome, Value, require_cutoffs


class HitRate:
    """Of each user, 1 if any target is among the first n, else 0.

    With one target it is recall. Source: Deshpande, Karypis, "Item-based top-N recommendation
    algorithms" (ACM TOIS 2004).
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
            yield f"hit_rate@{n}", outcome.hits(n).amax(1)
