"""Splits that have seen their unseen users, and are right but for that."""

from dataclasses import replace

import torch

from bam.records import Spans
from tests.broken.split import unseen


def trains_the_beginning_of_tested_users(data):
    """What came before a tested user's targets trains."""
    split = unseen(data)
    before = Spans(split.test.start, split.test.start + 1, split.test.cut)
    pairs = zip(vars(split.train).items(), vars(before).values(), strict=True)
    return replace(split, train=Spans(**{k: torch.cat([a, b]) for (k, a), b in pairs}))


def validates_on_tested_users(data):
    """The items before a test user's targets choose the weights."""
    split = unseen(data)
    test = split.test
    return replace(split, valid=Spans(test.start, test.cut - 1, test.cut))


REFUSED = {
    trains_the_beginning_of_tested_users: {"check_no_position_of_a_tested_user_trains"},
    validates_on_tested_users: {"check_nobody_both_validates_and_tests"},
}
