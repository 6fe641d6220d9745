"""Measures of intervals that are wrong on purpose."""

import torch

from bam.model.intervals.times import Times


class Wrong(Times):
    """The time between two items, but for one thing."""

    def __init__(self):
        super().__init__(unit=60.0)


class Signed(Wrong):
    """What came later is at a distance below 0."""

    def forward(self, histories):
        times = histories.times.float()
        return times[:, None] - times[:, :, None]


class Same(Wrong):
    """All other items are equally far."""

    def forward(self, histories):
        return 1 - torch.eye(histories.real.shape[1])[None]


class MixesRows(Wrong):
    """In units of the longest time of all rows."""

    def forward(self, histories):
        found = super().forward(histories)[:, :3, :3]
        whole = super().forward(histories)
        return whole / found.max()


class LooksAhead(Wrong):
    """In units of the time of the whole history."""

    def forward(self, histories):
        found = super().forward(histories)
        return found / found.amax((1, 2), keepdim=True)


REFUSED = {
    Signed: {"check_it_is_a_distance"},
    Same: {"check_it_grows_with_the_distance"},
    MixesRows: {"check_a_row_does_not_depend_on_the_others"},
    LooksAhead: {"check_what_comes_later_does_not_matter"},
}
