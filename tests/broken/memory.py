"""Memories that are wrong on purpose: each is made of data and their split."""

import torch
from torch import nn

from bam.data.windows import rows_and_items
from bam.model.additions import Additions
from bam.model.memory.transitions import Transitions


def right(data, part):
    """A memory of a part of the data."""
    return Transitions(
        data.num_items,
        lambda: rows_and_items(data.items, part.start, part.stop),
        depth=3, decay=0.5, most=20, last=4, gamma=0.5,
    )  # fmt: skip


def counts_validation(data, split):
    """What validates is counted too."""
    return right(data, split.valid)


class Wrong(nn.Module):
    """As it should be, but for one thing."""

    holds_histories = False

    def __init__(self, data, split):
        super().__init__()
        self.right = right(data, split.train)

    def forward(self, history):
        return self.change(self.right(history))


class ByTheBatch(Wrong):
    """The largest share of the users that are looked up together divides all shares."""

    def change(self, added):
        largest = 1 + (added.score.max() if len(added.score) else 0.0)
        return Additions(added.row, added.item, added.score / largest)


class OfTheBlock(Wrong):
    """The neighbours of a user are also those of the users that are looked up beside it."""

    def change(self, added):
        users = len(added.row.unique())
        total = torch.zeros(added.item.max() + 1 if len(added.item) else 1)
        total.index_add_(0, added.item, added.score / max(users, 1))
        return Additions(added.row, added.item, (added.score + total[added.item]) / 2)


class Lowers(Wrong):
    """What follows is recommended less."""

    def change(self, added):
        return Additions(added.row, added.item, -added.score)


class CountsItself(Wrong):
    """How often an item has followed, and not its share."""

    def change(self, added):
        return Additions(added.row, added.item, 9 * added.score)


class ByUser(Wrong):
    """One user after another, and not one item after another."""

    def change(self, added):
        order = added.row.argsort(stable=True)
        return Additions(added.row[order], added.item[order], added.score[order])


class Saved(Wrong):
    """The counts go into every checkpoint, which then fits no other data."""

    def __init__(self, data, split):
        super().__init__(data, split)
        self.right.register_buffer("share", self.right.share)

    def change(self, added):
        return added


class Aside(Wrong):
    """What it has counted is no buffer, so that an export forgets it."""

    def __init__(self, data, split):
        super().__init__(data, split)
        for name, value in list(self.right.named_buffers()):
            delattr(self.right, name)
            setattr(self.right, name, value)

    def change(self, added):
        return added


class InSecret(Wrong):
    """It keeps the histories, and says that it does not."""

    def __init__(self, data, split):
        super().__init__(data, split)
        _, items = rows_and_items(data.items, split.train.start, split.train.stop)
        self.register_buffer("items", items, persistent=False)

    def change(self, added):
        return added


REFUSED = {
    counts_validation: {"check_it_counts_nothing_but_the_training_part"},
    ByTheBatch: {"check_padding_and_other_users_add_nothing"},
    OfTheBlock: {"check_padding_and_other_users_add_nothing"},
    Lowers: {"check_it_gives_shares_of_items"},
    CountsItself: {"check_it_gives_shares_of_items"},
    ByUser: {"check_pairs_are_in_order_and_each_comes_once"},
    Saved: {"check_nothing_in_it_is_trained_or_saved_with_the_weights"},
    InSecret: {"check_it_says_whether_histories_can_be_read_from_its_buffers"},
    Aside: {"check_all_that_it_has_counted_is_in_its_buffers"},
}
