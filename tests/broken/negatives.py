"""Ways of drawing negatives that are wrong on purpose."""

import torch
from torch import nn

from bam.objective.negatives.popularity import Popularity
from bam.objective.negatives.uniform import Uniform
from bam.records import Negatives
from tests.contracts.negatives import COUNT, V

DRAWS = 100_000


class DrawsPadding(nn.Module):
    """All rows of the table are drawn, and the first of them is padding."""

    def forward(self, target):
        ids = torch.randint(0, V + 1, (1, DRAWS))
        return Negatives(ids, torch.full((1, DRAWS), (V / (V + 1))).log())


class OneTooFar(nn.Module):
    """Items are counted from two."""

    def forward(self, target):
        return Negatives(torch.randint(2, V + 2, (1, DRAWS)), torch.zeros(1, DRAWS))


class PopularityWrong(nn.Module):
    """Drawn by popularity, but for one thing."""

    def __init__(self):
        super().__init__()
        self.right = Popularity(V, lambda: COUNT, DRAWS, 1.0, log_q=True)


class WrongSign(PopularityWrong):
    """log_q is how much more seldom an item is drawn."""

    def forward(self, target):
        drawn = self.right(target)
        return Negatives(drawn.ids, -drawn.log_q)


class HidesItsPopularity(PopularityWrong):
    """Popular items come more often, and log_q speaks of uniform draws."""

    def forward(self, target):
        drawn = self.right(target)
        return Negatives(drawn.ids, torch.zeros_like(drawn.log_q))


class ForgetsV(PopularityWrong):
    """log_q is log q instead of log(V q)."""

    def forward(self, target):
        drawn = self.right(target)
        return Negatives(drawn.ids, drawn.log_q - torch.tensor(V).log())


class NoNumber(nn.Module):
    """log_q of one item is the log of nothing."""

    def forward(self, target):
        ids = torch.randint(1, V + 1, (1, DRAWS))
        return Negatives(ids, torch.where(torch.arange(DRAWS) == 0, torch.nan, 0.0)[None])


class Saved(Uniform):
    """The counts go into every checkpoint, which then fits no other catalogue."""

    def __init__(self):
        super().__init__(V, lambda: COUNT, DRAWS, per_row=False)
        self.register_buffer("count", COUNT)


LOG_Q = "check_log_q_is_the_log_of_how_much_more_often_than_uniformly_an_item_is_drawn"
ITEMS = "check_negatives_are_items_and_never_padding"
REFUSED = {
    DrawsPadding: {ITEMS},
    OneTooFar: {ITEMS},
    WrongSign: {LOG_Q},
    HidesItsPopularity: {LOG_Q},
    ForgetsV: {LOG_Q},
    NoNumber: {"check_log_q_has_a_finite_number_for_each_negative"},
    Saved: {"check_nothing_in_it_is_trained_or_saved"},
}
