"""Splits that are wrong on purpose."""

from dataclasses import replace

import torch

from bam.data.split.leave_one_out import LeaveOneOut
from bam.data.split.unseen_users import UnseenUsers
from bam.records import Spans, Split


def right(data):
    return LeaveOneOut()(data)


def unseen(data):
    return UnseenUsers(valid_share=0.2, test_share=0.2, target_share=0.2, seed=1)(data)


def some(part, rows):
    return Spans(part.start[rows], part.cut[rows], part.stop[rows])


def trains_on_test_targets(data):
    """Training goes on to each user's last item."""
    split = right(data)
    return replace(split, train=replace(split.train, stop=split.test.stop))


def trains_on_valid_targets(data):
    """Training goes on to the item that chooses the weights."""
    split = right(data)
    return replace(split, train=replace(split.train, stop=split.valid.stop))


def trains_after_valid(data):
    """The first item after the beginning validates, and what follows trains."""
    split = right(data)
    start, last = split.test.start, split.test.cut
    return Split(Spans(start, start + 2, last), Spans(start, start + 1, start + 2), split.test)


def validates_after_test(data):
    """Weights are chosen by what comes after the test."""
    split = right(data)
    return replace(split, valid=split.test, test=split.valid)


def trains_on_the_first_item(data):
    """A user's first item is a training target, with nothing before it."""
    split = right(data)
    return replace(split, train=replace(split.train, cut=split.train.start))


def tests_users_without_a_history(data):
    """A user's first item is a test target."""
    split = unseen(data)
    return replace(split, test=replace(split.test, cut=split.test.start))


def tests_nothing(data):
    """Test users have no target."""
    split = right(data)
    return replace(split, test=replace(split.test, cut=split.test.stop))


def trains_on_nothing(data):
    """Every training span is empty."""
    split = right(data)
    return replace(split, train=replace(split.train, stop=split.train.cut))


def reaches_into_the_next_user(data):
    """The last target is the first item of the next user."""
    split = right(data)
    inside = split.test.stop < len(data.items)
    test = some(split.test, inside)
    return replace(split, test=Spans(test.start, test.stop, test.stop + 1))


def trains_a_user_twice(data):
    """One span a target would let a user count as often as he has items."""
    split = right(data)
    first = split.train.start.repeat_interleave(2)
    cut = torch.stack([split.train.cut, split.train.cut], 1).flatten()
    stop = torch.stack([split.train.stop, split.train.stop], 1).flatten()
    return replace(split, train=Spans(first, cut, stop))


def cuts_anywhere(data):
    """A new split at each call: a run that goes on would train on what it has tested."""
    split = right(data)
    chosen = torch.randperm(len(split.test.start))[: len(split.test.start) // 2]
    return replace(split, test=some(split.test, chosen))


ORDER = "check_train_comes_before_valid_and_valid_before_test"
TRAINED = "check_no_tested_target_is_trained"
HISTORY = "check_every_target_has_a_history"
EMPTY = "check_every_tested_user_has_a_target_and_no_part_is_empty"
REFUSED = {
    trains_on_test_targets: {TRAINED, ORDER},
    trains_on_valid_targets: {TRAINED, ORDER},
    trains_after_valid: {ORDER},
    validates_after_test: {ORDER},
    trains_on_the_first_item: {HISTORY},
    tests_users_without_a_history: {HISTORY},
    tests_nothing: {EMPTY},
    trains_on_nothing: {EMPTY},
    reaches_into_the_next_user: {"check_every_span_lies_inside_one_user"},
    trains_a_user_twice: {"check_no_user_is_twice_in_a_part"},
    cuts_anywhere: {"check_the_same_data_are_split_alike"},
}
