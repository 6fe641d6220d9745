"""Ranges of places, one after another."""

import torch

from bam.nn.ranges import ranges


def test_ranges_follow_each_other_and_may_be_empty():
    source, place = ranges(torch.tensor([5, 0, 7]), torch.tensor([3, 0, 2]))
    assert source.tolist() == [0, 0, 0, 2, 2]
    assert place.tolist() == [5, 6, 7, 7, 8]
