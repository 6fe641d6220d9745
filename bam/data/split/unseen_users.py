"""Unseen users: the protocol of ComiRec and REMI (Cen et al., KDD 2020, section 4.1)."""

import logging

import torch
from jaxtyping import Int
from torch import Tensor

from bam.errors import Mistake, require
from bam.records import Interactions, Spans, Split

log = logging.getLogger(__name__)
FEWEST = 5  # so that a fifth of a history is at least one target


class UnseenUsers:
    """Some users train with all they did; others validate and test with their last items.

    Users are shuffled by `seed`, apart from the experiment's. Of a validation or test user the
    last `target_share` of the items are targets and all before them the history.
    """

    def __init__(self, valid_share: float, test_share: float, target_share: float, seed: int):
        for name, share in (("valid", valid_share), ("test", test_share), ("target", target_share)):
            require(0 < share < 1, f"{name}_share must be between 0 and 1", share)
        require(
            valid_share + test_share < 1, "both shares must be below 1", (valid_share, test_share)
        )
        self.valid_share, self.test_share = valid_share, test_share
        self.target_share, self.seed = target_share, seed

    def __call__(self, interactions: Interactions) -> Split:
        start, stop = interactions.offsets[:-1], interactions.offsets[1:]
        usable = (stop - start >= FEWEST).nonzero()[:, 0]
        if len(usable) < len(start):
            log.warning("%d of %d users have fewer than %d items and are dropped",
                        len(start) - len(usable), len(start), FEWEST)  # fmt: skip
        num_valid = int(len(usable) * self.valid_share)
        num_test = int(len(usable) * self.test_share)
        if min(num_valid, num_test) == 0:
            raise Mistake(f"{interactions.name}: too few users to set some apart, {len(usable)}")
        shuffled = usable[torch.randperm(len(usable), generator=self._generator())]
        valid, test, train = shuffled.split(
            [num_valid, num_test, len(usable) - num_valid - num_test]
        )
        return Split(
            train=Spans(start[train], start[train] + 1, stop[train]),
            valid=self._tested(start[valid], stop[valid]),
            test=self._tested(start[test], stop[test]),
        )

    def _generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed)

    def _tested(self, start: Int[Tensor, " U"], stop: Int[Tensor, " U"]) -> Spans:
        cut = start + ((stop - start) * (1 - self.target_share)).long()
        return Spans(start, cut.clamp(min=start + 1, max=stop - 1), stop)
