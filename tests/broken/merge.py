"""Merges that are wrong on purpose."""

from dataclasses import replace

import torch

from bam.records import PAD
from bam.serving.found import merge_by
from bam.serving.merge.maximum import Maximum
from bam.serving.merge.round_robin import RoundRobin
from tests.contracts.merge import found_of


class StopsAtTheLists:
    """Each interest gives n / K items, and what comes twice leaves a gap at the end."""

    def __call__(self, found, n):
        lists = found.each(-(-n // found.weight.shape[1]))
        return merge_by(lists.score, lists, n)


class KeepsRepeats:
    """An item that two interests bring has two places."""

    def __call__(self, found, n):
        merged = Maximum()(found, n)
        place = torch.arange(merged.item.shape[1])
        place[1:2] = 0
        return merged.gather(place.expand_as(merged.item))


class BringsBackTheSeen:
    """The list is as long as it may be, and made of all items."""

    def __call__(self, found, n):
        there = (Maximum()(found, n).item != PAD).sum(1, keepdim=True)
        mixture = found.mixture
        merged = Maximum()(found_of(mixture.vectors, found.weight, mixture.log_weight, []), n)
        beyond = torch.arange(merged.item.shape[1]) >= there
        return replace(
            merged,
            item=merged.item.masked_fill(beyond, PAD),
            priority=merged.priority.masked_fill(beyond, -torch.inf),
        )


class Backwards:
    """The worst of the n items is first."""

    def __call__(self, found, n):
        merged = Maximum()(found, n)
        return merged.gather(torch.arange(merged.item.shape[1] - 1, -1, -1).expand_as(merged.item))


class AnotherInterest:
    """The next interest is named for an item."""

    def __call__(self, found, n):
        merged = Maximum()(found, n)
        K = found.weight.shape[1]
        return replace(merged, interest=(merged.interest + (found.weight > 0).all()) % K)


class WeighsByTheFirstUser:
    """The turns of every user are those of the first."""

    def __call__(self, found, n):
        return RoundRobin()(replace(found, weight=found.weight[:1].expand_as(found.weight)), n)


class NamesTheFirstInterest:
    """Where an interest has no weight, all items are its own."""

    def __call__(self, found, n):
        merged = Maximum()(found, n)
        nothing = (found.weight == 0).any(1, keepdim=True)
        own = found.weight.argmin(1, keepdim=True).expand_as(merged.interest)
        return replace(merged, interest=torch.where(nothing, own, merged.interest))


REFUSED = {
    StopsAtTheLists: {"check_a_list_has_n_items_or_all_that_there_are"},
    KeepsRepeats: {"check_no_item_comes_twice"},
    BringsBackTheSeen: {"check_an_excluded_item_never_comes"},
    Backwards: {"check_a_list_is_ordered_by_its_priority"},
    AnotherInterest: {"check_an_item_has_the_score_of_the_interest_that_brings_it"},
    WeighsByTheFirstUser: {"check_a_row_does_not_depend_on_the_others"},
    NamesTheFirstInterest: {"check_an_interest_without_weight_brings_nothing"},
}
