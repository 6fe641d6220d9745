"""Backbones that are wrong on purpose: each is a mean of the history, but for one thing."""

import torch
from torch import nn
from torch.nn.functional import dropout

from bam.nn.causal import last_place, mean_item, states_at
from bam.records import Interests

DIM = 8


def only(vector):
    """The one interest, which is the summary too."""
    return Interests.unrouted(vector[:, None], vector)


class Wrong(nn.Module):
    """The running mean of the items is the one interest."""

    def forward(self, met):
        return self.at(met, last_place(met.real))

    def at(self, met, place):
        return only(states_at(self.means(met), place))

    def means(self, met):
        count = met.real.cumsum(1).clamp(min=1)[..., None]
        return (met.items * met.real[..., None]).cumsum(1) / count


class NotCausal(nn.Module):
    """The mean of the whole history is the one interest, and there is no `at`."""

    def forward(self, met):
        return only(mean_item(met))


class LeaksRows(NotCausal):
    """Interests are centred over the batch."""

    def forward(self, met):
        mean = super().forward(met).summary
        return only(mean - mean.mean(0) / 2)


class SeesPadding(NotCausal):
    """What lies in the places of padding is part of the sum."""

    def forward(self, met):
        return only(met.items.sum(1) / met.real.sum(1, keepdim=True))


class DividesByTheWidth(NotCausal):
    """The mean is over all places, and a batch that is cut gives longer vectors."""

    def forward(self, met):
        return only((met.items * met.real[..., None]).mean(1))


class RoutesPadding(NotCausal):
    """Every place has an equal share, also where there is no item."""

    def forward(self, met):
        B, L = met.real.shape
        mean = mean_item(met)
        return Interests(mean[:, None], torch.full((B, 1, L), 1 / L), mean)


class RandomInEvaluation(NotCausal):
    """Dropout goes on after training."""

    def forward(self, met):
        return only(dropout(mean_item(met), 0.5, True))


class SeesTheFuture(Wrong):
    """The mean of the whole history answers at each of its places."""

    def means(self, met):
        return mean_item(met)[:, None].expand_as(met.items)


class AnotherAtTheEnd(Wrong):
    """It is trained on the latest item and served with the mean."""

    def at(self, met, place):
        return only(states_at(met.items, place))

    def forward(self, met):
        return Wrong.at(self, met, last_place(met.real))


class LeaksRowsInTraining(Wrong):
    """At a place, the item that the first row has there counts too."""

    def at(self, met, place):
        found = states_at(self.means(met), place)
        last = torch.isin(place, last_place(met.real))[:, None]
        return only(found + ~last * met.items[0, 0])


class NoSummaryOfOneItem(NotCausal):
    """The summary is divided by one item too few."""

    def forward(self, met):
        mean = mean_item(met)
        return Interests.unrouted(mean[:, None], mean / (met.real.sum(1, keepdim=True) - 1))


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
    NoSummaryOfOneItem: {"check_the_summary_is_one_finite_vector_a_row"},
    LeaksRowsInTraining: {"check_a_causal_backbone_answers_for_a_row_as_if_it_were_alone"},
}
