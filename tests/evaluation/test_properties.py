"""Random small data through the whole evaluator and every metric, against slow loops.

Scores are small whole numbers, so that arithmetic is exact, and many items tie.
"""

import random
from dataclasses import dataclass
from functools import cached_property
from math import inf

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn, tensor

from bam.config.instantiate import build, components
from bam.evaluation.facts import ItemFacts
from bam.model.aggregation.maximum import Maximum
from bam.model.blend import Blend
from bam.model.blending.logarithmic import Logarithmic
from bam.model.memory.none import NoMemory
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.inner import Inner
from bam.nn.causal import mean_item
from bam.records import PAD, Events, Interests, Spans
from bam.system.threads import Pace
from tests.conftest import options, resolved
from tests.evaluation import oracles

NO_MEMORY = Blend(NoMemory(0, tuple), Logarithmic(0, 1.0))

K, D = 2, 2
METRICS = [name for name in options("metric") if name != "all"]


@dataclass(frozen=True)
class Case:
    """Users' items, where their targets begin, the table, and what is known of the items."""

    users: list[list[int]]
    cuts: list[int]
    rows: list[list[int]]
    counts: list[int]
    genres: list[list[bool]]
    history_length: int

    @property
    def num_items(self):
        return len(self.rows) - 1

    @property
    def facts(self):
        counts, genres = tensor([0, *self.counts]), tensor([[False] * 2, *self.genres])
        return ItemFacts(self.num_items, lambda: counts, lambda: genres)

    @cached_property
    def products(self):
        return [
            [sum(x * y for x, y in zip(a, b, strict=True)) for b in self.rows] for a in self.rows
        ]

    def spans(self):
        stop = tensor([len(user) for user in self.users]).cumsum(0)
        start = stop - tensor([len(user) for user in self.users])
        return Spans(start, start + tensor(self.cuts), stop)


@st.composite
def cases(draw):
    """Catalogues as small as one item: users meet items again, and have targets more than once."""
    V = draw(st.integers(1, 9))
    users = draw(
        st.lists(st.lists(st.integers(1, V), min_size=2, max_size=9), max_size=5, min_size=1)
    )
    row = st.lists(st.integers(-2, 2), min_size=D, max_size=D)
    return Case(
        users=users,
        cuts=[draw(st.integers(1, len(user) - 1)) for user in users],
        rows=draw(st.lists(row, min_size=V + 1, max_size=V + 1)),
        counts=draw(st.lists(st.integers(0, 5), min_size=V, max_size=V)),
        genres=draw(
            st.lists(st.lists(st.booleans(), min_size=2, max_size=2), min_size=V, max_size=V)
        ),
        history_length=draw(st.integers(1, 4)),
    )


class Latest(nn.Module):
    """The last two items of the history are the interests."""

    def forward(self, met):
        last = met.real.sum(1, keepdim=True) - 1 - torch.arange(K)
        vectors = met.items.take_along_dim(last.clamp(min=0)[..., None], 1)
        return Interests.unrouted(vectors, mean_item(met))


def final_scores(case, protocol, user, cut, interests=(0, 1)):
    """What each item scores by these interests together; -inf: it does not compete."""
    window = user[:cut][-case.history_length :]
    each = (case.products[window[-1]], case.products[window[max(len(window) - 2, 0)]])
    score = [max(both) for both in zip(*(each[k] for k in interests), strict=True)]
    hidden, value = HIDDEN[protocol](user[:cut], user[cut:], window, case.history_length)
    return [value if item in hidden else float(s) for item, s in enumerate(score)]


HIDDEN = {  # which ids have another score than the model's, and which
    "clean": lambda history, targets, window, L: ({PAD, *history} - set(targets), -inf),
    "comirec": lambda history, targets, window, L: ({PAD}, -inf),
    "repeats": lambda history, targets, window, L: ({PAD}, -inf),
    "published": lambda history, targets, window, L: (
        {*window, *([PAD] if len(window) < L else [])},
        0.0,
    ),
}


def evaluator(name):
    few = ("evaluation.users_per_block.cpu=2", "evaluation.cutoffs=[1,3,10]")
    config = resolved("train", (f"evaluation={name}", f"metric=[{','.join(METRICS)}]", *few), False)
    metrics = components(config["metric"], "metric")
    return build(config["evaluation"], "evaluation", metrics=metrics)


def ranking(evaluator, case):
    model = Recommender(
        Rows(torch.zeros(case.num_items + 1, D), sparse=False), Latest(), Inner(1.0), Maximum()
    )
    model.items.weight.data.copy_(tensor(case.rows))
    items = tensor([item for user in case.users for item in user]).int()
    length = evaluator.list_length
    return evaluator.rank(
        model,
        NO_MEMORY,
        Events(items, items[:0]),
        case.spans(),
        case.history_length,
        length,
        Pace([1]),
    )


@pytest.mark.parametrize("name", options("evaluation"))
def test_ranks_and_lists_equal_slow_loops_on_any_data(name):
    real = evaluator(name)

    @given(cases())
    def check(case):
        found = ranking(real, case)
        for u, (user, cut) in enumerate(zip(case.users, case.cuts, strict=True)):
            score = final_scores(case, name, user, cut)
            ranks = [
                0 if target in user[cut : cut + t] else sum(s >= score[target] for s in score)
                for t, target in enumerate(user[cut:])
            ]
            assert found.rank[u].tolist() == ranks + [0] * (found.rank.shape[1] - len(ranks))
            listed = [item for item in found.top[u].tolist() if item != PAD]
            assert len(set(listed)) == len(listed)
            best = sorted((s for s in score if s > -inf), reverse=True)[: found.top.shape[1]]
            assert sorted((score[i] for i in listed), reverse=True) == [score[i] for i in listed]
            assert len(listed) in {len(best), len(best) - (score[PAD] > -inf)}
            assert all(score[item] >= best[-1] for item in listed)

    check()


@pytest.mark.parametrize("name", options("evaluation"))
def test_ranks_under_each_interest_alone_equal_a_slow_count_in_any_blocks(name):
    real = evaluator(name)

    @given(cases(), st.integers(1, 9))
    def check(case, per_block):
        real.items_per_block["cpu"] = per_block
        found = ranking(real, case)
        alone = found.queries.rank
        assert torch.equal(alone > 0, (found.rank > 0)[..., None].expand_as(alone))
        for u, (user, cut) in enumerate(zip(case.users, case.cuts, strict=True)):
            for k in range(K):
                score = final_scores(case, name, user, cut, [k])
                for t, target in enumerate(user[cut:]):
                    if found.rank[u, t]:
                        assert alone[u, t, k] == sum(s >= score[target] for s in score)

    check()


@pytest.mark.parametrize("name", options("evaluation"))
def test_many_ranks_with_ties_equal_a_slow_count(name):
    """200 users a case, of catalogues in which most scores are shared by several items."""
    real, ranked = evaluator(name), []

    @given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 9), st.integers(1, 64))
    def check(seed, num_items, longest, per_block):
        case = many_users(seed, num_items, longest)
        real.users_per_block["cpu"], real.items_per_block["cpu"] = 7 * per_block, per_block
        found = ranking(real, case).rank.tolist()
        for user, cut, ranks in zip(case.users, case.cuts, found, strict=True):
            score = final_scores(case, name, user, cut)
            for t, target in enumerate(user[cut:]):
                if target not in user[cut : cut + t]:
                    assert ranks[t] == sum(s >= score[target] for s in score)
                    ranked.append(ranks[t])

    check()
    print(f"evaluation={name}: {len(ranked):,} ranks equal a slow count")


def many_users(seed, num_items, longest, users=200):
    draw = random.Random(seed)
    lengths = [draw.randint(2, 1 + longest) for _ in range(users)]
    return Case(
        users=[[draw.randint(1, num_items) for _ in range(length)] for length in lengths],
        cuts=[draw.randint(max(1, length - 3), length - 1) for length in lengths],
        rows=[[draw.randint(-2, 2) for _ in range(D)] for _ in range(num_items + 1)],
        counts=[1] * num_items,
        genres=[[False] * 2] * num_items,
        history_length=draw.randint(1, 4),
    )


@pytest.mark.parametrize("name", options("evaluation"))
def test_every_metric_is_within_its_bounds_and_equals_its_slow_loop_on_any_data(name):
    real = evaluator(name)

    @given(cases())
    def check(case):
        found = ranking(real, case)
        for one in real.measure(found, case.facts):
            values = one.value.tolist() if isinstance(one.value, torch.Tensor) else [one.value]
            metric, _, n = one.name.partition("@")
            low, high = real.metrics[metric].bounds
            assert low <= min(values) and max(values) <= high + 1e-12
            assert values == pytest.approx(slowly(metric, found, case, int(n or 0)), rel=1e-9)

    check()


def slowly(metric, found, case, n):
    ranks = [[rank for rank in user if rank] for user in found.rank.tolist()]
    lists = [[item for item in user[:n] if item != PAD] for user in found.top.tolist()]
    expected = getattr(oracles, metric)(ranks, lists, found.queries, case.facts, n)
    return expected if isinstance(expected, list) else [expected]
