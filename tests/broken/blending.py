"""Blendings that are wrong on purpose: each is made of the number of items."""

import torch

from bam.model.additions import Additions
from bam.model.blending.logarithmic import Logarithmic


class Wrong:
    """As it should be, but for one thing."""

    def __init__(self, num_items):
        self.right = Logarithmic(num_items, 1.0)

    def __call__(self, shares, scores):
        return self.change(self.right(shares, scores))


class Lowers(Wrong):
    """Logarithms of shares are below 0."""

    def __call__(self, shares, scores):
        return Additions(shares.row, shares.item, shares.score.log())


class Forgets(Wrong):
    """Of the items of the memory every third one is left out."""

    def change(self, added):
        kept = added.item % 3 > 0
        return Additions(added.row[kept], added.item[kept], added.score[kept])


class Constant(Wrong):
    """Every item that the memory knows has as much."""

    def change(self, added):
        return Additions(added.row, added.item, torch.ones_like(added.score))


class ByTheBatch(Wrong):
    """The users that are ranked together share out what is added."""

    def change(self, added):
        return Additions(added.row, added.item, added.score / max(1, len(added.score)))


class Always(Wrong):
    """Item 1 gains, whether the memory knows it or not."""

    def __call__(self, shares, scores):
        if len(shares.item):
            return self.right(shares, scores)
        one = torch.zeros(1, dtype=torch.int64)
        return Additions(one, one + 1, torch.ones(1))


REFUSED = {
    Lowers: {"check_scores_become_higher_or_stay"},
    Forgets: {"check_it_adds_to_the_items_of_the_memory_alone"},
    Constant: {"check_a_larger_share_adds_more"},
    ByTheBatch: {"check_a_user_does_not_depend_on_the_others"},
    Always: {"check_a_memory_that_knows_nothing_adds_nothing"},
}
