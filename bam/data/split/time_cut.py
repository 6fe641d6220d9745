"""A global time cut: what happened before it trains, what comes after is predicted."""

import logging

import torch
from jaxtyping import Int
from torch import Tensor

from bam.errors import Mistake, require
from bam.records import Interactions, Spans, Split

log = logging.getLogger(__name__)


class TimeCut:
    """Cuts at the times before which all but `valid_share + test_share`, `test_share` lie.

    A user's history is all he did before a cut; his targets are the next items after it, at most
    `num_targets` of them (the validation's before the test's cut). No training example is later
    than any target. A user with nothing before or nothing after a cut is not tested there.
    """

    def __init__(self, valid_share: float, test_share: float, num_targets: int):
        require(valid_share > 0, "valid_share must be above 0", valid_share)
        require(test_share > 0, "test_share must be above 0", test_share)
        both = valid_share + test_share
        require(both < 1, "valid_share and test_share together must be below 1", both)
        require(num_targets >= 1, "num_targets must be at least 1", num_targets)
        self.valid_share, self.test_share, self.num_targets = valid_share, test_share, num_targets

    def __call__(self, interactions: Interactions) -> Split:
        times = interactions.times
        if not len(times):
            raise Mistake(f"{interactions.name} has no times: a time cut needs them")
        last = times.sort().values
        first_cut, second_cut = (
            last[int(len(last) * (1 - share))]
            for share in (self.valid_share + self.test_share, self.test_share)
        )
        start, stop = interactions.offsets[:-1], interactions.offsets[1:]
        valid, test = (_first_at(interactions, cut) for cut in (first_cut, second_cut))
        split = Split(
            train=Spans(start, torch.minimum(start + 1, valid), valid),
            valid=self._tested(start, valid, test),
            test=self._tested(start, test, stop),
        )
        log.info("%d users validate and %d of %d test", len(split.valid.start),
                 len(split.test.start), len(start))  # fmt: skip
        if not (len(split.valid.start) and len(split.test.start)):
            raise Mistake(f"{interactions.name}: nobody acts both before and after the cuts")
        return split

    def _tested(
        self, start: Int[Tensor, " U"], cut: Int[Tensor, " U"], stop: Int[Tensor, " U"]
    ) -> Spans:
        known = (cut > start) & (stop > cut)
        until = torch.minimum(stop, cut + self.num_targets)
        return Spans(start[known], cut[known], until[known])


def _first_at(interactions: Interactions, cut: Int[Tensor, ""]) -> Int[Tensor, " U"]:
    """Each user's first place that is not before the cut; users' places are in time order."""
    before = torch.cat([torch.zeros(1, dtype=torch.int64), (interactions.times < cut).cumsum(0)])
    start, stop = interactions.offsets[:-1], interactions.offsets[1:]
    return start + before[stop] - before[start]
