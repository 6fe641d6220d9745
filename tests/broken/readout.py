"""Readouts that are wrong on purpose."""

import torch

from bam.model.readout.heads import Heads
from bam.nn.causal import states_at
from tests.contracts.readout import DIM


class Wrong(Heads):
    """A map of the state for each interest, but for one thing."""

    def __init__(self):
        super().__init__(DIM, 3)


class LooksAhead(Wrong):
    """The mean of a whole row answers at each of its places."""

    def forward(self, states, place):
        return super().forward(states + states.mean(1, keepdim=True), place)


class MixesRows(Wrong):
    """What all rows have at a place is mixed."""

    def forward(self, states, place):
        return super().forward(states + states.mean(0, keepdim=True), place)


class MixesPlaces(Wrong):
    """The length of an interest depends on the places before it in the list."""

    def forward(self, states, place):
        found = super().forward(states, place)
        return found / found.norm(dim=(1, 2)).cummax(0).values[:, None, None]


class FirstItem(Wrong):
    """The first item of the history answers at each place."""

    def forward(self, states, place):
        return super().forward(states, place - place % states.shape[1])


class OneVector(Wrong):
    """A vector instead of a list of interests."""

    def forward(self, states, place):
        return states_at(states, place)


class InOrder(Wrong):
    """Places are sorted, and then their interests go to other rows."""

    def forward(self, states, place):
        return super().forward(states, torch.sort(place).values)


ROWS = "check_a_row_does_not_depend_on_the_others"
ORDER = "check_places_are_answered_in_any_order"
REFUSED = {
    LooksAhead: {"check_what_comes_later_does_not_matter"},
    MixesRows: {ROWS},
    MixesPlaces: {ROWS, ORDER},
    FirstItem: {"check_the_state_of_the_place_counts"},
    OneVector: {"check_each_place_has_interests"},
    InOrder: {ORDER},
}
