import torch
from torch import tensor

from bam.data.windows import rows_and_items, window

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
