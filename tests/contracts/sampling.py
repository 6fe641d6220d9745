"""What every way of drawing training examples must do.

A check takes make(history_length). An item's id is its place in the flat items, counted from 1: so
an example shows which places it was made of.
"""

from itertools import chain, islice, pairwise

import torch

from bam.records import Events, Spans
from tests.contracts.split import made

LONGEST = 30  # no user has more items
SHORT = 4


def check_a_target_is_a_training_target(make):
    """So no target of validation or test is one."""
    items, train = examples()
    for batch in drawn(make(SHORT), items, train, 200):
        assert set(batch.target.tolist()) <= train_targets(train)


def check_a_history_is_what_came_before_its_target(make):
    """A row has the last L items before its last place; its other targets are within it.

    The first target of a place is the item after it.
    """
    items, train = examples()
    for batch in drawn(make(SHORT), items, train, 60):
        width, last = batch.history.shape[1], {}
        assert width <= SHORT
        for place, targets in sets(batch).items():
            row, column = divmod(place, width)
            if row in last:
                assert batch.history[row, column].item() == last[row]
            last[row] = targets[0]
            assert batch.history[row, column].item() == targets[0] - 1
        assert len(last) == len(batch.history)
        for row, target in last.items():
            expected = list(range(max(start_before(target, train) + 1, target - SHORT), target))
            assert batch.history[row].tolist() == expected + [0] * (width - len(expected))


def check_the_targets_of_a_place_are_different_items_of_its_user_in_their_order(make):
    items, train = examples()
    for batch in drawn(make(LONGEST), items, train, 60):
        for targets in sets(batch).values():
            assert targets == sorted(set(targets))
            assert len({start_before(target, train) for target in targets}) == 1


def check_the_targets_of_a_place_come_one_after_another_and_are_known_to_each_other(make):
    items, train = examples()
    for batch in drawn(make(LONGEST), items, train, 60):
        places = batch.place.tolist()
        assert [a for a, b in pairwise([*places, -1]) if a != b] == list(sets(batch))
        every = batch.target[:, None] if batch.target_set is None else batch.target_set
        for place, known in zip(places, every.tolist(), strict=True):
            assert [item for item in known if item] == sets(batch)[place]


def check_the_times_are_those_of_the_history(make):
    items, train = examples()
    for batch in drawn(make(SHORT), items, train, 20):
        assert batch.times.equal(1000 * batch.history)


def check_every_training_target_is_drawn_some_time(make):
    items, train = examples(users=12)
    found = set()
    for batch in drawn(make(LONGEST), items, train, 400):
        found.update(batch.target.tolist())
    assert train_targets(train) <= found


def check_the_generator_decides_what_is_drawn(make):
    items, train = examples()
    one, same, other = (list(drawn(make(SHORT), items, train, 4, seed)) for seed in (1, 1, 2))
    for a, b in zip(one, same, strict=True):
        assert a.target.equal(b.target) and a.history.equal(b.history)
    assert not all(a.target.equal(b.target) for a, b in zip(one, other, strict=True))
    assert not one[0].target.equal(one[1].target)


def sets(batch):
    """The targets of each place."""
    found = {}
    for place, target in zip(batch.place.tolist(), batch.target.tolist(), strict=True):
        found.setdefault(place, []).append(target)
    return found


def start_before(target, train):
    """The start of the user who has this target."""
    return int(train.start[torch.searchsorted(train.start, target) - 1])


def examples(users=60):
    """Items that are their own places, from 1, and spans that leave out the last two of a user."""
    data = made(0)
    start, stop = data.offsets[:users], data.offsets[1 : users + 1]
    items = torch.arange(1, len(data.items) + 1, dtype=torch.int32)
    return items, Spans(start, (start + 1).clamp(max=stop), torch.maximum(start + 1, stop - 2))


def train_targets(train):
    spans = zip(train.cut.tolist(), train.stop.tolist(), strict=True)
    return {place + 1 for cut, stop in spans for place in range(cut, stop)}


def drawn(sampling, items, train, batches, seed=0):
    events = Events(items, 1000 * items.long())
    groups = sampling.groups(events, train, 8, torch.Generator().manual_seed(seed))
    return islice(chain.from_iterable(groups), batches)
