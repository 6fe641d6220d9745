"""memory=neighbours is a loop over the users of the training part."""

import itertools
import math
from functools import partial

import pytest
import torch

from bam.data.windows import rows_and_items
from bam.errors import Mistake
from bam.model.memory import neighbours
from bam.model.memory.neighbours import Neighbours
from bam.records import PAD
from tests.contracts.memory import dense, histories
from tests.contracts.split import made

USED = {"last": 3, "gamma": 0.6, "most": 1000, "neighbours": 4,
        "depth": 3, "decay": 0.7, "before": 0.4, "rare": 0.3}  # fmt: skip


def memory_of(users, num_items, **options):
    """Of these users' items."""
    row = [v for v, items in enumerate(users) for _ in items]
    given = torch.tensor(row), torch.tensor([item for items in users for item in items])
    return Neighbours(num_items, lambda: given, **{**USED, **options})


def shares(users, num_items, history, last, gamma, most, neighbours, depth, decay, before, rare):
    """share(i) of each item, in float64; `most` is more than there are users."""
    met_by = {a: sum(a in items for items in users) for a in range(1, num_items + 1)}
    latest = history[::-1][:last]
    sim = [
        sum(gamma**j * math.log(len(users) / met_by[a]) for j, a in enumerate(latest) if a in items)
        / math.sqrt(len(items))
        for items in users
    ]
    level = sorted(sim)[-min(neighbours, len(sim))]
    found = [0.0] * (num_items + 1)
    for items, similar in zip(users, sim, strict=True):
        if similar < level - 1e-9 or not similar:
            continue
        common = next(a for a in latest if a in items)
        c = max(place for place, a in enumerate(items) if a == common)
        for place, i in enumerate(items):
            d = place - c
            if 1 <= abs(d) <= depth:
                near = decay ** (abs(d) - 1) * (1 if d > 0 else before)
                found[i] += (len(users) / met_by[i]) ** rare * similar * near
    return [part / sum(found) if sum(found) else 0.0 for part in found]


def test_neighbours_are_the_equation_in_a_loop():
    for seed in range(4):
        data = made(seed)
        items, offsets = data.items.tolist(), data.offsets.tolist()
        users = [items[a:b] for a, b in itertools.pairwise(offsets)]
        training = partial(rows_and_items, data.items, data.offsets[:-1], data.offsets[1:])
        memory, history = Neighbours(data.num_items, training, **USED), histories(data)
        found = dense(memory(history), len(history), data).double()
        for row, one in zip(found, history.tolist(), strict=True):
            met = [item for item in one if item != PAD]
            expected = shares(users, data.num_items, met, **USED)
            torch.testing.assert_close(row, torch.tensor(expected), check_dtype=False)


def test_what_came_after_the_latest_common_item_gets_more_than_what_came_before_it():
    memory = memory_of([[1, 2, 3, 4], [5, 6]], 6, before=0.5, decay=0.5, rare=0.0)
    added = memory(torch.tensor([[1, 2]]))
    assert added.item.tolist() == [1, 3, 4]  # c is item 2
    assert added.score.tolist() == pytest.approx([0.5 / 2, 1 / 2, 0.5 / 2])


def test_users_who_share_rarer_or_later_items_are_more_similar():
    users = [[1, 7], [2, 8], [2, 9]]
    added = memory_of(users, 9, rare=0.0, gamma=1.0)(torch.tensor([[2, 1]]))
    rare, common = math.log(3), math.log(3 / 2)
    share = dict(zip(added.item.tolist(), added.score.tolist(), strict=True))
    assert share[7] / share[8] == pytest.approx(rare / common)
    later = memory_of([[1, 7], [2, 8]], 8, rare=0.0, gamma=0.5)(torch.tensor([[1, 2]]))
    assert later.score.tolist() == pytest.approx([1 / 3, 2 / 3])


def test_users_who_are_level_with_the_last_neighbour_vote_too():
    users = [[1, 2], [1, 3], [1, 4, 6, 7], [5, 6]]
    added = memory_of(users, 7, neighbours=1)(torch.tensor([[1]]))
    assert added.item.tolist() == [2, 3]


def test_of_the_users_of_an_item_some_at_equal_distances_are_looked_up():
    users = [*([1, i] for i in range(2, 12)), [12, 13]]
    added = memory_of(users, 13, most=3, neighbours=20)(torch.tensor([[1]]))
    assert added.item.tolist() == [5, 8, 11]
    assert (added.score == 1 / 3).all()


def test_what_all_users_have_met_makes_nobody_similar():
    added = memory_of([[1, 2], [1, 3]], 3)(torch.tensor([[1]]))
    assert not len(added.item)


def test_what_all_users_have_met_can_be_the_latest_common_item():
    users, history = [[2, 5, 1, 3], [1, 4]], [2, 1]
    expected = shares(users, 5, history, **{**USED, "rare": 0.0, "decay": 0.5})
    added = memory_of(users, 5, rare=0.0, decay=0.5)(torch.tensor([history]))
    assert added.item.tolist() == [2, 3, 5]
    assert added.score.tolist() == pytest.approx([expected[item] for item in (2, 3, 5)])


def test_the_user_whose_history_it_is_votes_for_what_it_has_met_alone():
    """Leave-one-out: the targets are not in the training part, so nothing gives them away."""
    history = [1, 2, 3, 4]
    alone = memory_of([history, [6, 7]], 8)(torch.tensor([[*history, 5]]))
    assert set(alone.item.tolist()) <= set(history)


def test_a_memory_of_nobody_gives_nothing():
    empty = torch.tensor([], dtype=torch.int64)
    memory = Neighbours(4, lambda: (empty, empty), **USED)
    assert not len(memory(torch.tensor([[1, 2]])).item)


def test_shares_are_the_same_to_the_last_bit_however_many_users_are_taken_at_once(monkeypatch):
    data = made(1)
    training = partial(rows_and_items, data.items, data.offsets[:-1], data.offsets[1:])
    memory, history = Neighbours(data.num_items, training, **USED), histories(data)
    together = memory(history)
    monkeypatch.setattr(neighbours, "CELLS", 1)
    for one, other in zip(vars(together).values(), vars(memory(history)).values(), strict=True):
        assert torch.equal(one, other)


def test_neighbours_find_the_next_item_of_planted_users():
    """Users of ten kinds, each of which goes round its own ten items."""
    random = torch.Generator().manual_seed(0)
    kind, at = (torch.randint(10, (200,), generator=random).tolist() for _ in range(2))
    rounds = [[1 + 10 * k + (a + t) % 10 for t in range(7)] for k, a in zip(kind, at, strict=True)]
    added = memory_of([one[:5] for one in rounds], 100, neighbours=10)(
        torch.tensor([one[:6] for one in rounds])
    )
    scores = torch.zeros(200, 101)
    added.write(scores, 0)
    scores.scatter_(1, torch.tensor([one[:6] for one in rounds]), -1.0)
    hit = scores.argmax(1) == torch.tensor([one[6] for one in rounds])
    assert hit.float().mean() > 0.9


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("last", 0, "must be at least 1, got 0"),
        ("most", 0, "must be at least 1, got 0"),
        ("neighbours", 0, "must be at least 1, got 0"),
        ("depth", 0, "must be at least 1, got 0"),
        ("gamma", 0.0, "must be above 0 and at most 1, got 0.0"),
        ("decay", 1.5, "must be above 0 and at most 1, got 1.5"),
        ("before", -0.1, "must be at least 0 and at most 1, got -0.1"),
        ("rare", 2.0, "must be at least 0 and at most 1, got 2.0"),
    ],
)
def test_a_value_out_of_range_is_named(name, value, rule):
    with pytest.raises(Mistake, match=f"{name} {rule}"):
        memory_of([[1, 2]], 2, **{name: value})
