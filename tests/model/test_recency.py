"""How much the last items of a history count."""

import torch

from bam.model.recency import recency


def test_the_last_item_counts_one_and_those_before_it_less():
    found = recency(torch.tensor([[3, 4, 5, 0], [3, 0, 0, 0], [0, 0, 0, 0]]), last=2, gamma=0.5)
    assert found.tolist() == [[0, 0.5, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
