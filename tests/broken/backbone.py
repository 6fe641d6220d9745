"""Backbones that are wrong on purpose: each is a mean of the history, but for one thing."""

import torch
from torch import nn
from torch.nn.functional import dropout

from bam.nn.causal import last_place, states_at
from bam.records import Interests

DIM = 8


class Wrong(nn.Module):
    """The running mean of the items is the one interest."""

    def forward(self, items, real):
        return self.at(items, real, last_place(real))

    def at(self, items, real, place):
        return Interests.unrouted(states_at(self.means(items, real), place)[:, None])

    def means(self, items, real):
        count = real.cumsum(1).clamp(min=1)[..., None]
        return (items * real[..., None]).cumsum(1) / count


class NotCausal(nn.Module):
    """The mean of the whole history is the one interest, and there is no `at`."""

    def forward(self, items, real):
        total = (items * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        return Interests.unrouted(total[:, None])


class LeaksRows(NotCausal):
    """Interests are centred over the batch."""

    def forward(self, items, real):
        vectors = super().forward(items, real).vectors
        return Interests.unrouted(vectors - vectors.mean(0) / 2)


class SeesPadding(NotCausal):
    """What lies in the places of padding is part of the sum."""

    def forward(self, items, real):
        return Interests.unrouted(items.sum(1, keepdim=True) / real.sum(1)[:, None, None])


class DividesByTheWidth(NotCausal):
    """The mean is over all places, and a batch that is cut gives longer vectors."""

    def forward(self, items, real):
        return Interests.unrouted((items * real[..., None]).mean(1, keepdim=True))


class RoutesPadding(NotCausal):
    """Every place has an equal share, also where there is no item."""

    def forward(self, items, real):
        vectors = super().forward(items, real).vectors
        return Interests(vectors, torch.full((len(items), 1, items.shape[1]), 1 / items.shape[1]))


class RandomInEvaluation(NotCausal):
    """Dropout goes on after training."""

    def forward(self, items, real):
        return Interests.unrouted(dropout(super().forward(items, real).vectors, 0.5, True))


class SeesTheFuture(Wrong):
    """The mean of the whole history answers at each of its places."""

    def means(self, items, real):
        count = real.sum(1)[:, None, None]
        whole = (items * real[..., None]).sum(1, keepdim=True) / count
        return whole.expand_as(items)


class AnotherAtTheEnd(Wrong):
    """It is trained on the latest item and served with the mean."""

    def at(self, items, real, place):
        return Interests.unrouted(states_at(items, place)[:, None])

    def forward(self, items, real):
        return Wrong.at(self, items, real, last_place(real))


class LeaksRowsInTraining(Wrong):
    """At a place, the item that the first row has there counts too."""

    def at(self, items, real, place):
        found = states_at(self.means(items, real), place)[:, None]
        last = torch.isin(place, last_place(real))[:, None, None]
        return Interests.unrouted(found + ~last * items[0, 0])


ALONE = "check_a_row_does_not_depend_on_the_others"
FUTURE = "check_a_causal_backbone_answers_at_a_place_as_if_nothing_followed"
CUT = "check_a_batch_cut_to_its_longest_history_gives_the_same_interests"
PADDING = "check_padding_has_no_effect"
REFUSED = {
    LeaksRows: {ALONE},
    SeesPadding: {PADDING},
    DividesByTheWidth: {CUT},
    RoutesPadding: {"check_padding_is_routed_nowhere"},
    RandomInEvaluation: {"check_evaluation_is_deterministic", ALONE, CUT, PADDING},
    SeesTheFuture: {FUTURE},
    AnotherAtTheEnd: {"check_a_causal_backbone_answers_at_the_end_as_when_it_is_served"},
    LeaksRowsInTraining: {"check_a_causal_backbone_answers_for_a_row_as_if_it_were_alone"},
}
