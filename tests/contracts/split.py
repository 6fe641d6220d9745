"""What every split must do: no target of a later part is in an earlier one."""

from pathlib import Path

import torch

from bam.records import Interactions

SEEDS = range(4)


def check_every_span_lies_inside_one_user(split):
    for data, parts in splits(split):
        for part in parts:
            user = users_of(data, part.start)
            assert (part.start <= part.cut).all() and (part.cut <= part.stop).all()
            assert (part.start >= data.offsets[user]).all()
            assert (part.stop <= data.offsets[user + 1]).all()


def check_no_user_is_twice_in_a_part(split):
    for data, parts in splits(split):
        for part in parts:
            user = users_of(data, part.start[part.stop > part.cut])
            assert len(user.unique()) == len(user)


def check_every_target_has_a_history(split):
    for _, parts in splits(split):
        for part in parts:
            has_targets = part.stop > part.cut
            assert (part.cut > part.start)[has_targets].all()


def check_every_tested_user_has_a_target_and_no_part_is_empty(split):
    for _, (train, valid, test) in splits(split):
        assert (train.stop > train.cut).any()
        for part in (valid, test):
            assert len(part.stop) and (part.stop > part.cut).all()


def check_train_comes_before_valid_and_valid_before_test(split):
    """Within each user."""
    for data, parts in splits(split):
        train, valid, test = (targets(data, part) for part in parts)
        for before, after in ((train, valid), (train, test), (valid, test)):
            for user in before.keys() & after.keys():
                assert max(before[user]) < min(after[user])


def check_no_tested_target_is_trained(split):
    """No (user, position) is a target of two parts."""
    for data, parts in splits(split):
        train, valid, test = (positions(targets(data, part)) for part in parts)
        assert not train & valid and not train & test and not valid & test


def check_the_same_data_are_split_alike(split):
    for seed in SEEDS:
        for one, two in zip(parts_of(split(made(seed))), parts_of(split(made(seed))), strict=True):
            assert one.start.equal(two.start) and one.cut.equal(two.cut)
            assert one.stop.equal(two.stop)


def made(seed):
    """Users of 1 to 30 items, with times of which some are equal, and parts as files give them."""
    random = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 31, (60,), generator=random)
    offsets = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    count = int(offsets[-1])
    items = torch.randint(1, 51, (count,), generator=random, dtype=torch.int32)
    moments = torch.randint(500, (count,), generator=random)
    times = torch.cat([part.sort().values for part in moments.split(lengths.tolist())])
    parts = torch.randint(3, (count,), generator=random, dtype=torch.int8)
    part = torch.cat([part.sort().values for part in parts.split(lengths.tolist())])
    return Interactions("made", Path(), items, offsets, times, part, 50, "")


def parts_of(split):
    return split.train, split.valid, split.test


def splits(split):
    """Interactions, and the three parts of them."""
    return [(data, parts_of(split(data))) for data in map(made, SEEDS)]


def users_of(data, place):
    return torch.searchsorted(data.offsets, place, right=True) - 1


def targets(data, part):
    """The places of each user's targets, counted from the user's first item."""
    found = {}
    for start, cut, stop in zip(*(x.tolist() for x in (part.start, part.cut, part.stop)),
                                strict=True):  # fmt: skip
        user = int(users_of(data, torch.tensor(start)))
        first = int(data.offsets[user])
        if stop > cut:
            found.setdefault(user, set()).update(range(cut - first, stop - first))
    return found


def positions(found):
    return {(user, place) for user, places in found.items() for place in places}
