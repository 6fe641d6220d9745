"""Coverage: which share of the catalogue the lists show."""

from collections.abc import Iterator

from bam.evaluation.outcome import Outcome, Value, require_cutoffs
from bam.records import PAD


class Coverage:
    """Of all lists, |union of the first n items of every list| / V; from 0 to 1.

    Source: Herlocker et al., "Evaluating collaborative filtering recommender systems" (ACM TOIS
    2004).
    """

    higher_is_better = True
    bounds = (0.0, 1.0)
    needs_queries = False

    def __init__(self, cutoffs: list[int]):
        require_cutoffs(cutoffs)
        self.cutoffs, self.list_length = cutoffs, max(cutoffs)

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]:
        for n in self.cutoffs:
            shown = outcome.lists[:, :n].unique()
            yield f"coverage@{n}", int((shown != PAD).sum()) / outcome.facts.num_items
