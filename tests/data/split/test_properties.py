"""Random small data through every split, against loops over users."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import tensor

from bam.data.split.leave_one_out import LeaveOneOut
from bam.data.split.time_cut import TimeCut
from bam.data.split.unseen_users import UnseenUsers
from bam.errors import Mistake
from bam.records import Interactions

TIMES = st.lists(
    st.lists(st.integers(0, 30), min_size=1, max_size=9).map(sorted), min_size=1, max_size=8
)
SHARE = st.sampled_from([0.1, 0.2, 0.25, 0.4])


def interactions(times):
    offsets = tensor([0, *map(len, times)]).cumsum(0)
    flat = tensor([moment for user in times for moment in user])
    items = torch.arange(1, len(flat) + 1, dtype=torch.int32)
    return Interactions(
        "tiny", Path(), items, offsets, flat, flat[:0].to(torch.int8), len(flat), ""
    )


def users(times):
    """Where each user's items begin and end."""
    stops = tensor([*map(len, times)]).cumsum(0).tolist()
    return [(stop - len(user), stop) for user, stop in zip(times, stops, strict=True)]


def spans(part):
    return list(zip(part.start.tolist(), part.cut.tolist(), part.stop.tolist(), strict=True))


@given(TIMES)
def test_the_last_item_tests_and_the_one_before_validates(times):
    usable = [(a, b) for a, b in users(times) if b - a >= 3]
    if not any(b - a > 3 for a, b in usable):
        with pytest.raises(Mistake, match="no user has the 4 items"):
            LeaveOneOut()(interactions(times))
        return
    split = LeaveOneOut()(interactions(times))
    assert spans(split.train) == [(a, a + 1, b - 2) for a, b in usable]
    assert spans(split.valid) == [(a, b - 2, b - 1) for a, b in usable]
    assert spans(split.test) == [(a, b - 1, b) for a, b in usable]


@given(TIMES, SHARE, SHARE, st.integers(1, 3))
def test_what_is_before_a_cut_in_time_predicts_what_is_after_it(times, valid, test, num_targets):
    flat = sorted(moment for user in times for moment in user)
    first, second = (flat[int(len(flat) * (1 - s) + 1e-6)] for s in (valid + test, test))

    def evaluated(low, high):
        """`low` is the cut, and no target is at or after `high`."""
        found = []
        for (a, _), user in zip(users(times), times, strict=True):
            before = sum(moment < low for moment in user)
            after = sum(low <= moment < high for moment in user)
            if before and after:
                found.append((a, a + before, a + before + min(after, num_targets)))
        return found

    expected = evaluated(first, second), evaluated(second, math.inf)
    if not all(expected):
        with pytest.raises(Mistake, match="nobody has items before and after both cuts"):
            TimeCut(valid, test, num_targets)(interactions(times))
        return
    split = TimeCut(valid, test, num_targets)(interactions(times))
    assert (spans(split.valid), spans(split.test)) == expected
    trained = {place for _, cut, stop in spans(split.train) for place in range(cut, stop)}
    moments = [moment for user in times for moment in user]
    firsts = {a for a, _ in users(times)}
    assert trained == {at for at, moment in enumerate(moments) if moment < first} - firsts


@given(TIMES, SHARE, SHARE, SHARE, st.integers(0, 99))
def test_users_are_dealt_out_whole_and_their_last_items_are_targets(
    times, valid, test, share, seed
):
    usable = [(a, b) for a, b in users(times) if b - a >= 5]
    counts = [int(len(usable) * part + 1e-6) for part in (valid, test)]
    split = UnseenUsers(valid, test, share, seed)
    if not all(counts):
        with pytest.raises(Mistake, match="too few users"):
            split(interactions(times))
        return
    parts = split(interactions(times))
    assert [len(parts.valid.start), len(parts.test.start)] == counts
    found = [spans(part) for part in (parts.train, parts.valid, parts.test)]
    assert sorted((a, b) for part in found for a, _, b in part) == usable
    assert all(cut == a + 1 for a, cut, _ in found[0])
    for a, cut, b in found[1] + found[2]:
        targets = b - cut
        assert abs(targets - (b - a) * share) <= 1 and 1 <= targets < b - a
