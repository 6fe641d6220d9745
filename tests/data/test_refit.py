"""The training part of train + validation, of every split."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bam.config.instantiate import build
from bam.data.refit import with_validation
from bam.data.windows import count_items
from bam.records import Interactions, Spans, Split
from tests.conftest import options
from tests.contracts.split import SEEDS, made, positions, targets


def spans(part):
    return list(zip(part.start.tolist(), part.cut.tolist(), part.stop.tolist(), strict=True))


def of(*rows):
    return Spans(*(torch.tensor(column) for column in zip(*rows, strict=True)))


def seen(data, part):
    """Every (user, place) of the spans, as history or as a target."""
    return positions(targets(data, replace(part, cut=part.start)))


def check_both_parts_are_trained(data, split, joined):
    trained = positions(targets(data, joined.train))
    assert trained >= positions(targets(data, split.train)) | positions(targets(data, split.valid))


def check_no_test_target_is_seen(data, split, joined):
    assert not seen(data, joined.train) & positions(targets(data, split.test))


def check_the_test_stays(data, split, joined):
    assert spans(joined.test) == spans(split.test)


def check_every_target_has_a_history(data, split, joined):
    train = joined.train
    assert (train.cut > train.start)[train.stop > train.cut].all()


def check_a_user_has_one_span(data, split, joined):
    start = joined.train.start[joined.train.stop > joined.train.cut]
    assert len(start.unique()) == len(start)


def check_trained_users_stay_in_their_order(data, split, joined):
    start = split.train.start
    assert joined.train.start[: len(start)].equal(start)


CHECKS = [value for name, value in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", options("split"))
def test_every_split_trains_on_train_and_validation_and_on_no_test_target(configured, name, check):
    cut = build(configured(f"split={name}")["split"], "split")
    for data in map(made, SEEDS):
        split = cut(data)
        check(data, split, with_validation(split))


def onto_the_end(split):
    """Training goes on to what is tested."""
    return replace(split, train=replace(split.train, stop=split.test.stop))


def not_at_all(split):
    return split


def from_the_first_item(split):
    joined = with_validation(split)
    return replace(joined, train=replace(joined.train, cut=joined.train.start))


def twice(split):
    """The validation users are beside the training users, who are the same."""
    parts = zip(spans(split.train), spans(split.valid), strict=True)
    return replace(split, train=of(*(row for pair in parts for row in pair)))


BROKEN = {
    onto_the_end: "check_no_test_target_is_seen",
    not_at_all: "check_both_parts_are_trained",
    from_the_first_item: "check_every_target_has_a_history",
    twice: "check_a_user_has_one_span",
}


@pytest.mark.parametrize(("broken", "rule"), BROKEN.items())
def test_a_wrong_union_is_refused(configured, broken, rule):
    (check,) = (one for one in CHECKS if one.__name__ == rule)
    split = build(configured("split=leave_one_out")["split"], "split")(made(0))
    check(made(0), split, with_validation(split))
    with pytest.raises(AssertionError):
        check(made(0), split, broken(split))


def test_a_user_trains_until_the_end_of_the_validation():
    split = Split(train=of((0, 1, 3), (5, 6, 8)), valid=of((0, 3, 4)), test=of((0, 4, 5)))
    assert spans(with_validation(split).train) == [(0, 1, 4), (5, 6, 8)]


def test_a_user_who_only_validates_trains_with_the_history_too():
    split = Split(train=of((0, 1, 5)), valid=of((5, 8, 9)), test=of((9, 12, 13)))
    assert spans(with_validation(split).train) == [(0, 1, 5), (5, 6, 9)]


def test_a_user_without_a_training_item_begins_with_the_second_one():
    split = Split(train=of((0, 0, 0), (4, 5, 7)), valid=of((0, 1, 3)), test=of((4, 7, 8)))
    assert spans(with_validation(split).train) == [(0, 1, 3), (4, 5, 7)]


def test_a_user_without_items_is_not_taken_for_the_next_one():
    split = Split(train=of((0, 0, 0), (0, 1, 3)), valid=of((0, 3, 4)), test=of((0, 4, 5)))
    assert spans(with_validation(split).train) == [(0, 0, 0), (0, 1, 4)]


def test_what_is_counted_are_the_items_of_train_and_validation():
    items = torch.tensor([1, 2, 3, 4, 5, 1, 2, 1, 6, 7], dtype=torch.int32)
    offsets, none = torch.tensor([0, 5, 10]), torch.empty(0, dtype=torch.int64)
    data = Interactions("ten", Path(), items, offsets, none, none.to(torch.int8), 7, "")
    split = Split(
        train=of((0, 1, 3), (5, 6, 8)),
        valid=of((0, 3, 4), (5, 8, 9)),
        test=of((0, 4, 5), (5, 9, 10)),
    )
    counts = count_items(data, with_validation(split).train)
    assert counts.tolist() == [0, 3, 2, 1, 1, 0, 1, 0]
