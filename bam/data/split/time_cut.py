"""Two cuts in time, the same for all users: what is before a cut predicts what is after it."""

import logging

import torch
from jaxtyping import Int
from torch import Tensor

from bam.data.split import ROUNDING
from bam.errors import Mistake, require
from bam.records import Interactions, Spans, Split

log = logging.getLogger(__name__)


class TimeCut:
    """Trains before the first cut, validates between the cuts, tests after the second.

    `test_share` of all interactions are after the second cut, and `valid_share` between the two. A
    user's history is everything before a cut; the targets are the next items after it, at most
    `num_targets` (the validation targets are before the second cut). No training example is later
    than any target. A user with nothing before a cut, or nothing after it, is not evaluated there.

    Raises:
        Mistake: a share is not above 0, both together are not below 1, or `num_targets` is below 1.
    """

    def __init__(self, valid_share: float, test_share: float, num_targets: int):
        require(valid_share > 0, "valid_share must be above 0", valid_share)
        require(test_share > 0, "test_share must be above 0", test_share)
        both = valid_share + test_share
        require(both < 1, "valid_share and test_share together must be below 1", both)
        require(num_targets >= 1, "num_targets must be at least 1", num_targets)
        self.valid_share, self.test_share, self.num_targets = valid_share, test_share, num_targets

    def __call__(self, interactions: Interactions) -> Split:
        """Split the data.

        Raises:
            Mistake: the data has no times, or nobody can be evaluated.
        """
        name, times = interactions.name, interactions.times
        if not len(times):
            raise Mistake(f"{name} has no times, which a time cut needs; choose another split")
        ordered = times.sort().values
        shares = (self.valid_share + self.test_share, self.test_share)
        last = len(ordered) - 1  # a share may be less than a rounding of 1
        cuts = [ordered[min(int(len(ordered) * (1 - share) + ROUNDING), last)] for share in shares]
        start, stop = interactions.offsets[:-1], interactions.offsets[1:]
        valid, test = (_first_place_after(interactions, cut) for cut in cuts)
        split = Split(
            train=Spans(start, torch.minimum(start + 1, valid), valid),
            valid=self._evaluation_spans(start, valid, test),
            test=self._evaluation_spans(start, test, stop),
        )
        num_valid, num_test = len(split.valid.start), len(split.test.start)
        log.info("%d users validate and %d of %d test", num_valid, num_test, len(start))
        if not (num_valid and num_test):
            raise Mistake(f"{name}: nobody has items before and after both cuts; raise the shares")
        return split

    def _evaluation_spans(
        self, start: Int[Tensor, " U"], cut: Int[Tensor, " U"], stop: Int[Tensor, " U"]
    ) -> Spans:
        both_sides = (cut > start) & (stop > cut)
        until = torch.minimum(stop, cut + self.num_targets)
        return Spans(start[both_sides], cut[both_sides], until[both_sides])


def _first_place_after(interactions: Interactions, cut: Int[Tensor, ""]) -> Int[Tensor, " U"]:
    """Where each user's first item at or after the time `cut` is; a user's items are in order."""
    before = torch.cat([torch.zeros(1, dtype=torch.int64), (interactions.times < cut).cumsum(0)])
    start, stop = interactions.offsets[:-1], interactions.offsets[1:]
    return start + before[stop] - before[start]
