"""Losses that are wrong on purpose; each is made by its weight."""

import torch

from bam.objective.likelihood.sampled_softmax import SampledSoftmax


def nll(interests, candidates, first=0, last=None):
    """Of some interests together [B]."""
    some = interests.vectors[:, first:last]
    group = torch.arange(some.shape[1]).expand(len(some), 1, -1)
    return SampledSoftmax(0.0)(some, group, candidates)[:, 0]


def summed(weight):
    """A larger batch costs more."""
    return lambda interests, candidates: weight * nll(interests, candidates).sum()


def worst_row(weight):
    """Only the row that costs most has a gradient, and only because of the others."""
    return lambda interests, candidates: weight * nll(interests, candidates).max()


def without_its_weight(weight):
    """The weight is read and never used."""
    return lambda interests, candidates: nll(interests, candidates).mean()


def first_interest_alone(weight):
    """The first interest answers for every target."""
    return lambda interests, candidates: weight * nll(interests, candidates, last=1).mean()


def learns_nothing(weight):
    """The value is right, but no gradient comes back."""

    def term(interests, candidates):
        return weight * (nll(interests, candidates).detach() + 0 * interests.vectors.sum()).mean()

    return term


MEAN = "check_it_is_the_mean_of_what_its_rows_cost_alone"
REFUSED = {
    summed: {MEAN},
    worst_row: {MEAN, "check_a_step_against_its_gradient_lowers_it"},
    without_its_weight: {"check_it_is_proportional_to_its_weight"},
    first_interest_alone: {"check_the_order_of_interests_does_not_matter"},
    learns_nothing: {"check_a_step_against_its_gradient_lowers_it"},
}
