"""Which targets belong to one history."""

import torch

from bam.objective.sets import seats, set_numbers

PLACE = torch.tensor([5, 5, 5, 9, 9, 2])


def test_targets_of_one_place_are_a_set():
    assert set_numbers(PLACE).tolist() == [0, 0, 0, 1, 1, 2]


def test_a_set_of_more_targets_than_a_row_has_seats_has_several_rows():
    row, column = seats(PLACE, 2)
    assert row.tolist() == [0, 0, 1, 2, 2, 3] and column.tolist() == [0, 1, 0, 0, 1, 0]
    row, column = seats(PLACE, 1)
    assert row.tolist() == [0, 1, 2, 3, 4, 5] and not column.any()
