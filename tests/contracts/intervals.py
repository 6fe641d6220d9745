"""What every measure of intervals must do."""

from dataclasses import replace

import torch

from bam.records import Histories
from tests.histories import histories

B, L = 3, 5


def check_it_is_a_distance(intervals):
    """Finite, not below 0, 0 of an item to itself, and the same in both directions."""
    found = intervals(some()).expand(B, L, L)
    assert found.isfinite().all() and found.min() >= 0
    torch.testing.assert_close(found, found.mT)
    assert found.diagonal(dim1=1, dim2=2).abs().max() == 0


def check_it_grows_with_the_distance(intervals):
    found = intervals(some()).expand(B, L, L)
    assert (found[:, 0].diff(dim=1) >= 0).all() and (found[:, 0, -1] > found[:, 0, 1]).all()


def check_a_row_does_not_depend_on_the_others(intervals):
    met = some()
    found = intervals(met).expand(B, L, L)
    for row in range(B):
        parts = (met.ids, met.items, met.real, met.times)
        alone = Histories(*(part[row : row + 1] for part in parts))
        torch.testing.assert_close(intervals(alone)[0], found[row])


def check_what_comes_later_does_not_matter(intervals):
    met = some()
    later = replace(met, times=met.times + 1000 * (torch.arange(L) >= 3))
    before, after = (intervals(one).expand(B, L, L)[:, :3, :3] for one in (met, later))
    torch.testing.assert_close(after, before)


def some():
    times = torch.randint(1, 10**6, (B, L)).cumsum(1)
    return histories(torch.randn(B, L, 4), torch.ones(B, L, dtype=torch.bool), times=times)
