"""Unseen users: the protocol of ComiRec and REMI (Cen et al., KDD 2020, section 4.1)."""

import logging

import torch
from jaxtyping import Int
from torch import Tensor

from bam.data.split import ROUNDING
from bam.errors import Mistake, require
from bam.records import Interactions, Spans, Split

log = logging.getLogger(__name__)
MIN_ITEMS = 5  # so that a fifth of the items is at least one target


class UnseenUsers:
    """Some users train with all their items; others validate or test with their last items.

    Users are shuffled by `seed`, which is not the experiment's. Of a validation or test user the
    last `target_share` of the items are targets, and all before them are the history.

    Raises:
        Mistake: a share is not between 0 and 1, or `valid_share + test_share` is not below 1.
    """

    def __init__(self, valid_share: float, test_share: float, target_share: float, seed: int):
        for name, share in (("valid", valid_share), ("test", test_share), ("target", target_share)):
            require(0 < share < 1, f"{name}_share must be between 0 and 1", share)
        both = valid_share + test_share
        require(both < 1, "valid_share and test_share together must be below 1", both)
        self.valid_share, self.test_share = valid_share, test_share
        self.target_share, self.seed = target_share, seed

    def __call__(self, interactions: Interactions) -> Split:
        """Split the data; users with fewer than five items are dropped, and counted in the log.

        Raises:
            Mistake: there are too few users for one to validate and one to test.
        """
        start, stop = interactions.offsets[:-1], interactions.offsets[1:]
        usable = (stop - start >= MIN_ITEMS).nonzero()[:, 0]
        if len(usable) < len(start):
            line = "%d of %d users have fewer than %d items and are dropped"
            log.warning(line, len(start) - len(usable), len(start), MIN_ITEMS)
        train, valid, test = self._shuffle(interactions.name, usable)
        return Split(
            train=Spans(start[train], start[train] + 1, stop[train]),
            valid=self._evaluation_spans(start[valid], stop[valid]),
            test=self._evaluation_spans(start[test], stop[test]),
        )

    def _shuffle(self, name: str, users: Int[Tensor, " U"]) -> tuple[Tensor, Tensor, Tensor]:
        """Users that train, validate and test."""
        shares = (self.valid_share, self.test_share)
        num_valid, num_test = (int(len(users) * share + ROUNDING) for share in shares)
        if min(num_valid, num_test) == 0:
            raise Mistake(
                f"{name}: too few users to validate and to test, {len(users)}; raise the shares"
            )
        generator = torch.Generator().manual_seed(self.seed)
        shuffled = users[torch.randperm(len(users), generator=generator)]
        sizes = [num_valid, num_test, len(users) - num_valid - num_test]
        valid, test, train = shuffled.split(sizes)
        return train, valid, test

    def _evaluation_spans(self, start: Int[Tensor, " U"], stop: Int[Tensor, " U"]) -> Spans:
        # in float64, and what is whole but for its rounding stays whole
        history = (stop - start).double() * (1 - self.target_share) + ROUNDING
        cut = start + history.long()
        return Spans(start, cut.clamp(min=start + 1, max=stop - 1), stop)
