"""Every option of conf/reranking, and the greedy choice against a loop over its equation."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import tensor

from bam.config.instantiate import component
from bam.errors import Mistake
from bam.records import PAD
from bam.serving.found import Merged
from bam.serving.reranking.diversity import Diversity
from tests.broken.reranking import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import reranking as contract


@pytest.mark.parametrize("name", options("reranking"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_reranking_keeps_the_contract(configured, name, check):
    config = configured(f"reranking={name}", config="recommend")
    check(component(config["reranking"], "reranking", config["trust"]))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_reranking_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, broken) == rules


@st.composite
def cases(draw):
    """Lists of up to eight items, with scores that tie, genres or none, and places for more."""
    length, users = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    real = [draw(st.integers(0, length)) for _ in range(users)]
    items = [draw(st.permutations(range(1, 9)))[:length] for _ in range(users)]
    step = st.lists(st.sampled_from([0.0, 0.1, 0.5]), min_size=length, max_size=length)
    scores = [
        [1 - sum(down[: i + 1]) for i in range(length)] for down in (draw(step) for _ in real)
    ]
    genres = st.sets(st.integers(0, 3), max_size=draw(st.sampled_from([1, 3])))
    sets = [set(), *(draw(genres) for _ in range(8))]
    factor = draw(st.sampled_from([0.0, 0.1, 0.25, 1.0, 30.0]))
    return items, scores, real, sets, factor, draw(st.integers(1, 9))


@given(cases())
def test_the_list_is_that_of_a_loop_over_the_equation(case):
    items, scores, real, sets, factor, n = case
    after = Diversity(factor, 100)(merged(items, scores, real), lambda: table(sets), n)
    for u, length in enumerate(real):
        rounded = tensor(scores[u]).tolist()  # as float32 holds them
        chosen = greedily(items[u][:length], rounded, sets, factor, n)
        padding = [PAD] * (min(n, len(items[u])) - len(chosen))
        assert after.item[u].tolist() == chosen + padding


def greedily(items, scores, sets, factor, n):
    """n times the item with the largest f(i) + factor * sum over j in S of g(i, j); the first."""
    score, chosen = dict(zip(items, scores, strict=False)), []
    while len(chosen) < min(n, len(items)):
        rest = [item for item in items if item not in chosen]
        gain = {i: score[i] + factor * sum(g(sets[i], sets[j]) for j in chosen) for i in rest}
        chosen.append(max(rest, key=lambda i: gain[i]))
    return chosen


def g(one, other):
    return 1 - len(one & other) / len(one | other) if one and other else 0.0


def merged(items, scores, real):
    missing = torch.arange(len(items[0])) >= tensor(real)[:, None]
    score = tensor(scores).masked_fill(missing, -math.inf)
    item = tensor(items).masked_fill(missing, PAD)
    return Merged(item, score, score, torch.zeros_like(item))


def table(sets):
    return tensor([[genre in one for genre in range(4)] for one in sets])


def test_with_one_category_an_item_the_distance_is_that_of_the_paper():
    """g is 1 for different categories, else 0: the third item, of another one, comes second."""
    sets = [set(), {0}, {0}, {1}]
    lists = merged([[1, 2, 3]], [[1.0, 0.9, 0.8]], [3])
    assert Diversity(0.09, 9)(lists, lambda: table(sets), 3).item.tolist() == [[1, 2, 3]]
    assert Diversity(0.11, 9)(lists, lambda: table(sets), 3).item.tolist() == [[1, 3, 2]]


@given(cases())
def test_with_factor_zero_the_list_is_as_it_was(case):
    items, scores, real, sets, _, n = case
    before = merged(items, scores, real)
    after = Diversity(0.0, 100)(before, lambda: table(sets), n)
    assert torch.equal(after.item, before.item[:, :n])


def test_a_larger_factor_never_makes_a_list_of_two_less_diverse():
    sets = [set(), *({genre} for genre in (0, 0, 1, 2))]
    lists = merged([[1, 2, 3, 4]], [[1.0, 0.8, 0.5, 0.4]], [4])
    found = [Diversity(f, 9)(lists, lambda: table(sets), 2).item for f in (0.0, 0.2, 0.4, 9.0)]
    distance = [g(*(sets[i] for i in row.tolist()[0])) for row in found]
    assert distance == sorted(distance) == [0, 0, 1, 1]


def test_a_data_set_without_genres_gives_one_sentence():
    lists = merged([[1, 2]], [[1.0, 0.9]], [2])
    with pytest.raises(Mistake, match="reranking must be none, as no item of the data set has a g"):
        Diversity(0.2, 9)(lists, lambda: torch.zeros(3, 0, dtype=torch.bool), 2)


@pytest.mark.parametrize("factor", [-0.1, math.inf, math.nan])
def test_a_factor_below_zero_or_not_finite_is_refused(factor):
    with pytest.raises(Mistake, match="factor must be at least 0, and finite"):
        Diversity(factor, 9)
