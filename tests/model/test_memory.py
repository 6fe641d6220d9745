"""Every option of conf/memory; transitions is a loop over pairs of items."""

import itertools
from collections import defaultdict
from functools import partial

import pytest
import torch

from bam.config.instantiate import build
from bam.data.windows import rows_and_items
from bam.errors import Mistake
from bam.model.additions import Additions
from bam.model.memory.transitions import Transitions
from bam.records import PAD
from tests.broken.memory import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import memory as contract
from tests.contracts.memory import dense, histories
from tests.contracts.split import made

USED = {"depth": 3, "decay": 0.6, "most": 4, "last": 3, "gamma": 0.5}


@pytest.fixture
def builder(configured):
    def of(name, *overrides):
        node = configured(f"memory={name}", *overrides)["memory"]

        def build_one(data, split):
            part = split.train
            training = partial(rows_and_items, data.items, part.start, part.stop)
            return build(node, "memory", num_items=data.num_items, training=training)

        return build_one

    return of


@pytest.mark.parametrize("name", options("memory"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_memory_keeps_the_contract(builder, name, check):
    check(builder(name))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_memory_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


def counts(users, depth, decay):
    """N(a, b), by a loop over pairs of places."""
    found = defaultdict(float)
    for items in users:
        for i, a in enumerate(items):
            for d, b in enumerate(items[i + 1 : i + 1 + depth], 1):
                found[a, b] += decay ** (d - 1)
    return found


def chain(users, num_items, history, depth, decay, most, last, gamma):
    """sum_j g_j P(i | h_j) of each item."""
    n = counts(users, depth, decay)
    found = [0.0] * (num_items + 1)
    latest = history[::-1][:last]
    total = sum(gamma**j for j in range(len(latest)))
    for j, a in enumerate(latest):
        row = {b: n[a, b] for b in range(1, num_items + 1) if (a, b) in n}
        kept = sorted(row, key=lambda b: (-row[b], b))[:most]
        for b in kept:
            found[b] += gamma**j / total * row[b] / sum(row.values())
    return found


def test_transitions_are_the_equation_in_a_loop():
    data = made(3)
    items, offsets = data.items.tolist(), data.offsets.tolist()
    users = [items[a:b] for a, b in itertools.pairwise(offsets)]
    training = partial(rows_and_items, data.items, data.offsets[:-1], data.offsets[1:])
    memory, history = Transitions(data.num_items, training, **USED), histories(data)
    found = dense(memory(history), len(history), data).double()
    for row, one in zip(found, history.tolist(), strict=True):
        met = [item for item in one if item != PAD]
        expected = torch.tensor(chain(users, 50, met, **USED)).double()
        torch.testing.assert_close(row, expected, atol=1e-6, rtol=1e-5)


def test_of_equal_shares_the_smaller_ids_are_kept():
    one = torch.tensor([0, 0, 0, 0]), torch.tensor([1, 4, 3, 2])
    options = {**USED, "most": 2, "decay": 1.0}
    added = Transitions(4, lambda: one, **options)(torch.tensor([[1]]))
    assert added.item.tolist() == [2, 3]


def test_a_memory_of_nothing_adds_nothing():
    empty = torch.tensor([], dtype=torch.int64)
    memory = Transitions(4, lambda: (empty, empty), **USED)
    assert not len(memory(torch.tensor([[1, 2]])).item)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("depth", 0, "must be at least 1, got 0"),
        ("most", 0, "must be at least 1, got 0"),
        ("last", 0, "must be at least 1, got 0"),
        ("decay", 0.0, "must be above 0 and at most 1, got 0.0"),
        ("gamma", 1.5, "must be above 0 and at most 1, got 1.5"),
    ],
)
def test_a_value_out_of_range_is_named(builder, name, value, rule):
    with pytest.raises(Mistake, match=f"memory.{name} {rule}"):
        contract.example(builder("transitions", f"memory.{name}={value}"))


def added(scores):
    row, item = scores.nonzero(as_tuple=True)
    order = torch.randperm(len(row))
    return Additions.summed(row[order], item[order], scores[row, item][order])


def test_additions_are_written_block_by_block_into_any_number_of_layers():
    memory = torch.randn(4, 9) * (torch.rand(4, 9) < 0.5)
    before = torch.randn(3, 4, 9)
    after = before.clone()
    for first in (0, 4, 8):
        added(memory).write(after[..., first : first + 4], first)
    torch.testing.assert_close(after, before + memory)


def test_additions_are_found_by_their_items():
    memory = torch.randn(4, 9) * (torch.rand(4, 9) < 0.5)
    item = torch.randint(9, (4, 5))
    torch.testing.assert_close(added(memory).of(item), memory.gather(1, item))
    assert not Additions.none(item.device).of(item).any()


def test_what_is_excluded_stays_excluded_whatever_is_added():
    one, other = torch.tensor([[0.0, -torch.inf, 2.0]]), torch.tensor([[1.0, 3.0, 0.0]])
    both = added(one).plus(added(other))
    assert both.of(torch.tensor([[0, 1, 2]])).tolist() == [[1.0, -torch.inf, 2.0]]
    assert both.items(1).tolist() == [[0, 2]]


def test_the_best_additions_of_each_row_come_first():
    memory = torch.tensor([[0.0, 3, 1, 5], [0.0, 0, 0, 0], [0.0, 1, 1, -torch.inf]])
    assert added(memory).best(3, 2).tolist() == [[3, 1], [0, 0], [1, 2]]
    assert added(memory[1:2]).best(1, 2).tolist() == [[0, 0]]


def test_additions_of_some_rows_and_of_repeated_rows():
    memory = torch.randn(4, 9) * (torch.rand(4, 9) < 0.5)
    rows = torch.tensor([1, 3])
    scores = torch.zeros(2, 9)
    added(memory).select(rows, 4).write(scores, 0)
    torch.testing.assert_close(scores, memory[rows])
    scores = torch.zeros(12, 9)
    added(memory).repeated(3).write(scores, 0)
    torch.testing.assert_close(scores, memory.repeat_interleave(3, 0))
