"""Metrics that are wrong on purpose."""

import torch

from bam.evaluation.outcome import Outcome


class Broken:
    """A metric of these parts; `value` has the outcome and gives what is wrong."""

    def __init__(self, value, list_length=0, bounds=(0.0, 1.0), name="broken@10"):
        self.value, self.list_length, self.bounds, self.name = value, list_length, bounds, name
        self.higher_is_better, self.needs_queries = True, False

    def __call__(self, outcome: Outcome):
        yield self.name, self.value(outcome)


def hits_as_a_number(outcome):
    """Not a share: up to 3."""
    return outcome.hits(10).sum(1)


def blind(outcome):
    return torch.full((len(outcome.ranks),), 0.5, dtype=torch.float64)


def better_when_missed(outcome):
    return 1 - outcome.hits(10).sum(1) / outcome.num_targets


def share_of_the_batch(outcome):
    found = outcome.hits(10).sum(1)
    return found / found.max().clamp(min=1)


def with_missing_targets(outcome):
    """Targets that a user has not are in the mean."""
    return outcome.hits(10).mean(1)


def of_the_first_target(outcome):
    """Only the first target counts."""
    first = outcome.ranks[:, 0]
    others = outcome.hits(10).amax(1)
    return torch.where(first > 0, (first.clamp(min=1) <= 10).double(), others)


def in_float32(outcome):
    return (outcome.hits(10).sum(1) / outcome.num_targets).float()


def of_the_first_user(outcome):
    return float(outcome.hits(10)[0].amax())


def hits_in_a_catalogue(outcome):
    """Reads facts, which validation does not have to read."""
    return outcome.hits(10).amax(1) * (outcome.facts.counts().sum() >= 0)


def share_of_places(outcome):
    """Not a number for a list without items."""
    listed = (outcome.lists[:, :10] > 0).double()
    return (listed * outcome.lists[:, :10] / outcome.facts.num_items).sum(1) / listed.sum(1)


def lists_alone(outcome):
    """The value of a list never changes."""
    return blind(outcome)


def beyond_the_list(outcome):
    """Reads every place, although it announces ten."""
    return (outcome.lists / outcome.facts.num_items).mean(1, dtype=torch.float64)


def of_the_best_interest(outcome):
    """Reads what each interest finds, although it does not announce that it needs it."""
    best = outcome.queries.rank.amin(2) if outcome.queries.rank.shape[2] else outcome.ranks
    return ((best > 0) & (best <= 10)).double().sum(1) / outcome.num_targets


class OneNameTwice(Broken):
    """The second value takes the place of the first."""

    def __call__(self, outcome: Outcome):
        yield self.name, self.value(outcome)
        yield self.name, self.value(outcome)


def share_of_hits(outcome):
    return outcome.hits(10).sum(1) / outcome.num_targets


BOUNDS = "check_every_value_is_a_number_within_the_bounds"
BETTER = "check_a_better_rank_is_never_worse_and_the_first_is_better_than_the_last"
ALONE = "check_a_user_does_not_depend_on_the_others"
LISTS = "check_lists_are_needed_as_far_as_it_announces"
REFUSED = {
    Broken(hits_as_a_number): {BOUNDS},
    Broken(blind): {BETTER},
    Broken(better_when_missed): {BETTER},
    Broken(share_of_the_batch): {ALONE},
    Broken(with_missing_targets): {"check_targets_that_a_user_has_not_do_not_count"},
    Broken(of_the_first_target): {"check_the_order_of_targets_does_not_matter"},
    Broken(in_float32): {"check_a_value_is_one_number_or_one_of_each_user_in_float64"},
    Broken(of_the_first_user): {"check_the_order_of_users_does_not_matter"},
    Broken(hits_in_a_catalogue): {LISTS},
    Broken(share_of_places, list_length=10): {BOUNDS},
    Broken(lists_alone, list_length=10): {"check_other_lists_have_other_values"},
    Broken(beyond_the_list, list_length=10): {LISTS},
    Broken(of_the_best_interest): {
        "check_what_an_interest_finds_alone_is_read_as_it_announces",
        BETTER,
    },
    OneNameTwice(share_of_hits): {"check_the_names_differ_and_do_not_depend_on_the_users"},
}
