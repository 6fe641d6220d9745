"""What every beginning of the item table must do; a check takes the part, which fills a table."""

import math

import torch

from bam.records import PAD

V, DIM = 40, 6


def check_padding_begins_as_zeros(begin):
    assert not filled(begin)[PAD].any()


def check_every_item_has_a_number_in_each_place(begin):
    assert filled(begin).isfinite().all()


def check_no_two_items_of_another_count_begin_alike(begin):
    rows = filled(begin)[PAD + 1 :]
    assert len(rows.unique(dim=0)) == V


def check_an_item_does_not_depend_on_what_others_were_counted(begin):
    count = counts()
    other = count.clone()
    other[7] += 5
    before, after = filled(begin, count).nan_to_num(), filled(begin, other).nan_to_num()
    changed = (before != after).any(1)
    assert changed.nonzero().flatten().tolist() in ([], [7])


def counts():
    return torch.arange(V + 1) ** 2


@torch.no_grad()
def filled(begin, count=None):
    """A table that had no numbers before, filled with the same seed each time."""
    table = torch.full((V + 1, DIM), math.nan)
    torch.manual_seed(3)
    begin(table, lambda: counts() if count is None else count)
    return table
