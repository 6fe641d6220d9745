"""Item tables that are wrong on purpose."""

import torch
from torch import nn
from torch.nn.functional import embedding

from bam.data.windows import count_items
from bam.model.rows import Rows
from bam.model.table.normal import Normal, draw_rows
from bam.records import Spans


def fills_padding(data, train, dim, sparse):
    """Padding begins as an item does, and every short history has it."""
    return Rows(torch.randn(data.num_items + 1, dim), sparse)


def forgets_the_last_item(data, train, dim, sparse):
    """Items are counted from 0, so that the last one is left out."""
    rows = draw_rows(data.num_items, dim, 1.0)
    rows[-1] = torch.nan
    return Rows(rows, sparse)


def all_alike(data, train, dim, sparse):
    """No gradient will ever part items that begin alike and are chosen alike."""
    rows = torch.full((data.num_items + 1, dim), 0.1)
    rows[0] = 0
    return Rows(rows, sparse)


def sees_the_test(data, train, dim, sparse):
    """Counts everything, the test targets too."""
    every = Spans(data.offsets[:-1], data.offsets[:-1], data.offsets[1:])
    count = count_items(data, every).float()
    return Scaled(draw_rows(data.num_items, dim, 1.0), sparse, 1 + count)


class Scaled(Rows):
    """Rows, each multiplied by a number."""

    def __init__(self, weight, sparse, scale):
        super().__init__(weight, sparse)
        self.scale = scale[:, None]

    def forward(self, ids):
        return super().forward(ids) * self.scale[ids]

    def every(self):
        return self.weight * self.scale


class TrainsPadding(nn.Module):
    """Padding has a gradient."""

    def __init__(self, data, train, dim, sparse):
        super().__init__()
        self.weight, self.sparse = nn.Parameter(draw_rows(data.num_items, dim, 1.0)), sparse

    def forward(self, ids):
        return embedding(ids, self.weight, sparse=self.sparse)

    def every(self):
        return self.weight


class ForgetsToMix(Normal):
    """All rows are mixed with their mean, and a single one is not."""

    def __init__(self, **given):
        super().__init__(scale=1.0, **given)

    def every(self):
        return torch.cat([self.weight[:1], self.weight[1:] + self.weight[1:].mean(0)])


class NeverLearns(Normal):
    """The rows stay as they were drawn."""

    def __init__(self, **given):
        super().__init__(scale=1.0, **given)

    def forward(self, ids):
        rows = super().forward(ids)
        return rows.detach() + 0 * rows

    def every(self):
        return self.weight.detach() + 0 * self.weight


class LearnsSlowly(Normal):
    """With sparse gradients it learns half as fast."""

    def __init__(self, **given):
        super().__init__(scale=1.0, **given)

    def forward(self, ids):
        rows = super().forward(ids)
        return (rows + rows.detach()) / 2 if self.sparse else rows


REFUSED = {
    fills_padding: {"check_the_row_of_padding_is_zero_and_stays_so"},
    forgets_the_last_item: {"check_there_is_a_row_of_numbers_for_padding_and_for_each_item"},
    all_alike: {"check_no_two_items_of_another_count_begin_alike"},
    sees_the_test: {"check_the_training_part_alone_decides"},
    TrainsPadding: {"check_the_row_of_padding_is_zero_and_stays_so"},
    ForgetsToMix: {"check_a_row_is_the_same_alone_and_among_all"},
    NeverLearns: {"check_what_is_learned_of_a_trained_item_moves_its_row"},
    LearnsSlowly: {"check_a_sparse_gradient_is_the_dense_one"},
}
