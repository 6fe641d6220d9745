from itertools import pairwise

import torch
from torch import tensor

from bam.data.windows import bucket_by_length, rows_and_items, window

ITEMS = torch.arange(1, 11, dtype=torch.int32)  # users own 1..4 and 5..10


def test_a_window_keeps_the_latest_items_oldest_first_with_padding_at_the_end():
    found = window(ITEMS, tensor([0, 4]), tensor([2, 9]), history_length=3)
    assert found.tolist() == [[1, 2, 0], [7, 8, 9]]


def test_a_window_is_as_wide_as_its_longest_history():
    assert window(ITEMS, tensor([0, 4]), tensor([1, 6]), history_length=50).tolist() == [
        [1, 0],
        [5, 6],
    ]


def test_a_window_never_reaches_into_the_user_before():
    assert window(ITEMS, tensor([4]), tensor([5]), history_length=3).tolist() == [[5]]


def test_all_items_of_each_span_come_with_their_row():
    row, item = rows_and_items(ITEMS, tensor([0, 2, 4]), tensor([2, 2, 7]))
    assert row.tolist() == [0, 0, 2, 2, 2] and item.tolist() == [1, 2, 5, 6, 7]


def test_batches_of_a_group_are_sorted_by_length_and_come_in_random_order():
    length, targets = torch.randint(1, 99, (80,)), torch.ones(80, dtype=torch.long)
    draw = torch.Generator().manual_seed(3)
    groups = [bucket_by_length(length, targets, 10, 8, draw) for _ in range(2)]
    for batches in groups:
        assert torch.equal(torch.cat(batches).sort().values, torch.arange(80))
        longest = [int(length[rows].max()) for rows in batches]
        assert longest != sorted(longest)
        ordered = sorted(batches, key=lambda rows: int(length[rows].sum()))
        for short, long in pairwise(ordered):
            assert length[short].max() <= length[long].min()
    assert [len(rows) for rows in groups[0]] == [10] * 8
    assert not torch.equal(torch.cat(groups[0]), torch.cat(groups[1]))


def test_batches_share_targets_rather_than_rows():
    targets = torch.tensor([4, 1, 1, 1, 1])
    found = bucket_by_length(torch.arange(5), targets, 3, 2, torch.Generator().manual_seed(0))
    assert sorted(rows.tolist() for rows in found) == [[0], [1, 2, 3, 4]]
