"""Random small data through windows and samplers, against slow loops."""

from itertools import chain, islice
from pathlib import Path

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import tensor

from bam.data.sampling.all_positions import AllPositions, cut_windows
from bam.data.sampling.one_position import OnePosition
from bam.data.windows import bucket_by_length, count_items, rows_and_items, window
from bam.records import PAD, Events, Interactions, Spans

USERS = st.lists(st.integers(1, 12), min_size=1, max_size=8)  # how many items each has
LENGTH = st.integers(1, 9)  # of a history
SEED = st.integers(0, 2**31)


def spans(data, sizes):
    """Of each user a start, a cut and a stop in order, the start before the cut."""
    starts, cuts, stops = [], [], []
    for user, size in enumerate(sizes):
        first = sum(sizes[:user])
        a, b, c = sorted(data.draw(st.integers(0, size)) for _ in range(3))
        starts.append(first + a)
        cuts.append(first + max(b, min(a + 1, c)))
        stops.append(first + c)
    return Spans(tensor(starts), tensor(cuts), tensor(stops))


def items_of(sizes):
    """Each item is its own place, from 1: so an example shows what it was made of."""
    return torch.arange(1, sum(sizes) + 1, dtype=torch.int32)


@given(st.data(), USERS, LENGTH)
def test_a_window_holds_the_last_items_of_each_span(data, sizes, length):
    part, items = spans(data, sizes), items_of(sizes)
    pairs = list(zip(part.start.tolist(), part.cut.tolist(), strict=True))
    expected = [items[a:b].tolist()[-length:] for a, b in pairs]
    width = max(map(len, expected))
    padded = [row + [PAD] * (width - len(row)) for row in expected]
    assert window(items, part.start, part.cut, length).tolist() == padded


@given(st.data(), USERS)
def test_rows_and_items_are_those_of_a_loop_and_so_are_the_counts(data, sizes):
    part, items = spans(data, sizes), (items_of(sizes) - 1) % 5 + 1
    pairs = list(zip(part.start.tolist(), part.stop.tolist(), strict=True))
    rows = [(row, items[at].item()) for row, (a, b) in enumerate(pairs) for at in range(a, b)]
    row, item = rows_and_items(items, part.start, part.stop)
    assert list(zip(row.tolist(), item.tolist(), strict=True)) == rows
    times, part_of = items[:0].long(), items[:0].to(torch.int8)
    bounds = tensor([0, len(items)])
    data_set = Interactions("tiny", Path(), items, bounds, times, part_of, 5, "")
    found = [item for _, item in rows]
    assert count_items(data_set, part).tolist() == [found.count(item) for item in range(6)]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60), st.integers(1, 7),
       st.integers(1, 5), SEED)  # fmt: skip
def test_buckets_hold_every_row_once_and_each_group_is_sorted_by_length(sizes, batch, group, seed):
    length, random = tensor(sizes), torch.Generator().manual_seed(seed)
    found = bucket_by_length(length, torch.ones_like(length), batch, group, random)
    rows = torch.cat(found).tolist()
    assert sorted(rows) == list(range(len(sizes)))
    for at in range(0, len(sizes), batch * group):
        here = [b.tolist() for b in found if at <= int(b[0]) < at + batch * group]
        assert sorted(chain.from_iterable(here)) == list(
            range(at, min(at + batch * group, len(sizes)))
        )
        assert max(map(len, here)) <= batch and len(here) == -(-sum(map(len, here)) // batch)
        if group > 1:
            by_length = sorted(here, key=lambda rows: (sizes[rows[0]], sizes[rows[-1]], rows))
            assert [sizes[row] for rows in by_length for row in rows] == sorted(
                sizes[row] for rows in here for row in rows
            )


@given(st.data(), USERS, LENGTH, st.integers(0, 3))
def test_windows_are_cut_as_by_a_loop_from_the_end(data, sizes, length, most):
    train, expected = spans(data, sizes), []
    for start, cut, stop in zip(*(x.tolist() for x in (train.start, train.cut, train.stop)),
                                strict=True):  # fmt: skip
        begin, of_user = max(cut, start + 1), []
        while stop > begin:
            of_user.append((max(begin, stop - length), stop))
            stop -= length
        expected += of_user[:most] if most else of_user
    _, first, stop = cut_windows(train, length, most)
    assert list(zip(first.tolist(), stop.tolist(), strict=True)) == expected


@given(st.data(), USERS, LENGTH, st.integers(1, 5), st.integers(1, 3), SEED)
def test_every_example_is_a_target_after_its_history(data, sizes, length, batch, group, seed):
    train, items = spans(data, [size + 1 for size in sizes]), items_of([s + 1 for s in sizes])
    targets = {
        place: start
        for start, cut, stop in zip(
            *(x.tolist() for x in (train.start, train.cut, train.stop)), strict=True
        )
        for place in range(max(cut, start + 1), stop)
    }
    if not targets:
        return
    samplings = (OnePosition(length, group), AllPositions(length, 0, group))
    for sampling in samplings:
        random = torch.Generator().manual_seed(seed)
        groups = islice(sampling.groups(Events(items, items[:0]), train, batch, random), 3)
        for drawn in (one for batches in groups for one in batches):
            flat, width = drawn.history.flatten().tolist(), drawn.history.shape[1]
            for target, place in zip(drawn.target.tolist(), drawn.place.tolist(), strict=True):
                before = [item for item in flat[place // width * width : place + 1] if item != PAD]
                start = targets[target - 1]
                assert (
                    before
                    == list(range(max(start, target - 1 - length) + 1, target))[-len(before) :]
                )
                assert flat[place] == target - 1
