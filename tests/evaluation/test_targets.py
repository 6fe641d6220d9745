"""Each item is one target of a user."""

from pathlib import Path

import pytest
import torch
from torch import tensor

from bam.evaluation.targets import (
    common_targets,
    distinct_targets,
    repeated_share,
    warn_of_repeats,
)
from bam.evaluation.top import Top
from bam.records import PAD, Interactions, Spans


def test_a_target_that_comes_again_is_left_out_after_its_first_place():
    items = tensor([9, 3, 3, 5, 3, 9, 7, 7]).int()
    spans = Spans(tensor([0, 5]), tensor([1, 6]), tensor([5, 8]))
    assert distinct_targets(items, spans).tolist() == [[3, PAD, 5, PAD], [7, PAD, PAD, PAD]]


def test_a_target_that_is_in_the_history_alone_stays():
    items, spans = tensor([4, 4]).int(), Spans(tensor([0]), tensor([1]), tensor([2]))
    assert distinct_targets(items, spans).tolist() == [[4]]


def test_the_share_of_repeated_targets_counts_each_target_once():
    items = tensor([9, 3, 3, 5, 3, 9, 9, 5, 1]).int()  # targets 3 3 5, and 9 5 1; met: 9 3, and 9
    spans = Spans(tensor([0, 5]), tensor([2, 6]), tensor([4, 9]))
    assert repeated_share(items, spans) == pytest.approx(2 / 5)  # 3 and 9, of 3 5 9 5 1


def test_what_another_user_has_met_is_no_repeat():
    items, spans = tensor([1, 2, 2, 1]).int(), Spans(tensor([0, 2]), tensor([1, 3]), tensor([2, 4]))
    assert repeated_share(items, spans) == 0


@pytest.mark.parametrize(
    ("share", "compete", "lines"), [(0.06, False, 1), (0.05, False, 0), (0.9, True, 0)]
)
def test_many_repeated_targets_are_named_once_unless_all_items_compete(
    caplog, share, compete, lines
):
    warn_of_repeats(share, compete)
    assert len(caplog.messages) == lines
    assert all("6.0 %" in line and "evaluation=repeats" in line for line in caplog.messages)


def data(items, offsets, times):
    empty = tensor([])
    return Interactions(
        "x",
        Path(),
        tensor(items).int(),
        tensor(offsets),
        tensor(times).long(),
        empty.to(dtype=tensor(0).char().dtype),
        9,
        "",
    )


@pytest.mark.parametrize("times", [True, False])
def test_a_target_of_an_earlier_state_of_the_data_is_found_again(times):
    def when(*moments):
        return moments if times else ()

    earlier = data([1, 2, 3, 4, 5], [0, 3, 5], when(1, 2, 3, 1, 2))
    now = data([1, 2, 3, 8, 4, 5, 5], [0, 4, 7], when(1, 2, 3, 9, 1, 2, 9))
    trained = Spans(tensor([0, 3]), tensor([1, 4]), tensor([3, 5]))  # 2 and 3, and the first 5
    last = Spans(tensor([0, 4]), tensor([3, 6]), tensor([4, 7]))  # 8, and the second 5
    all_but_first = Spans(tensor([0, 4]), tensor([1, 5]), tensor([4, 7]))
    assert common_targets(now, last, earlier, trained) == 0
    assert common_targets(now, all_but_first, earlier, trained) == 3 / 5


def test_a_catalogue_that_processes_share_may_have_fewer_items_than_a_list():
    parts = [Top(torch.rand(2, 3), torch.arange(3).expand(2, 3) + first) for first in (0, 3)]
    assert [sorted(row) for row in Top.best(parts, 20).item.tolist()] == [[*range(6)]] * 2
