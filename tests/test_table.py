"""Every option of conf/table."""

import torch

from bam.table.counts import Counts
from bam.table.normal import Normal


def test_normal_rows_have_variance_two_over_dim_and_padding_none():
    table = torch.empty(20_001, 64)
    Normal(1.0)(table, lambda: torch.zeros(20_001))
    assert abs(table[1:].std().item() - (2 / 64) ** 0.5) < 1e-3 and not table[0].any()


def test_counts_are_the_rows():
    table = torch.empty(4, 1)
    Counts()(table, lambda: torch.tensor([0, 5, 0, 2]))
    assert table[:, 0].tolist() == [0, 5, 0, 2]
