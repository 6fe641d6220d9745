"""Every option of conf/merge: how the lists of K interests become one list."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.evaluation.top import Top
from bam.records import PAD
from bam.serving.found import Found, add_equals, merge_by
from bam.serving.merge.maximum import Maximum
from bam.serving.merge.quota import Quota
from bam.serving.merge.reciprocal_rank import ReciprocalRank
from bam.serving.merge.round_robin import RoundRobin
from bam.serving.merge.score import Score
from tests.broken.merge import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import merge as contract
from tests.contracts.merge import found_of
from tests.histories import mixture_of


@pytest.fixture(params=options("merge"))
def merge(request, configured):
    return build(configured(f"merge={request.param}", config="recommend")["merge"], "merge")


@pytest.mark.parametrize("check", checks(contract))
def test_every_merge_keeps_the_contract(merge, check):
    check(merge)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_merge_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, broken) == rules


def found(lists, weight):
    """Of one user whose interests have these lists of items; the first of a list scores 9."""
    item = torch.tensor([lists])
    score = (9 - torch.arange(item.shape[2]).float()).expand(item.shape)
    score = score.masked_fill(item == PAD, -torch.inf)
    weight = torch.tensor([weight])
    vectors = torch.zeros(1, len(lists), 1)
    return Found(
        mixture=mixture_of(vectors, weight.log()),
        weight=weight,
        pooled=lambda n: pytest.fail("the lists of the interests suffice"),
        each=lambda n: Top(score[:, :, :n], item[:, :, :n]),
        winner=lambda item: pytest.fail("the lists of the interests suffice"),
        memory=torch.zeros_like,
        remembered=lambda n: pytest.fail("nothing is remembered"),
        alone=None,
    )


def items(merged):
    return merged.item[0].tolist(), merged.interest[0].tolist()


APART = [
    [1, 2, 3, 4, 5, 6, 7, 8],
    [11, 12, 13, 14, 15, 16, 17, 18],
    [21, 22, 23, 24, 25, 26, 27, 28],
]


def test_a_quota_gives_places_in_proportion_to_the_weights():
    listed, interest = items(Quota()(found(APART, [0.6, 0.3, 0.1]), 10))
    # priorities: .6 / (r + .5) = 1.2 .4 .24 .17 .13 .11, .3 / (r + .5) = .6 .2 .12, .1 / .5 = .2
    assert [interest.count(k) for k in range(3)] == [6, 3, 1]
    assert listed[:4] == [1, 11, 2, 3] and interest[:4] == [0, 1, 0, 0]


def test_the_places_of_a_quota_are_those_of_webster():
    """The divisor method itself: round(w / d), with the d for which the seats add up to n."""
    weight = [0.47, 0.31, 0.22]
    for n in range(1, 9):
        interest = items(Quota()(found(APART, weight), n))[1]
        seats = [interest.count(k) for k in range(3)]
        divisors = [d / 10_000 for d in range(200, 10_000)]
        apportioned = [[round(w / d) for w in weight] for d in divisors]
        assert seats in [one for one in apportioned if sum(one) == n]


def test_an_item_of_two_interests_makes_room_for_the_next_of_a_quota():
    twice = [[1, 2, 3, 4], [1, 2, 13, 14]]
    listed, interest = items(Quota()(found(twice, [0.5, 0.5]), 4))
    assert listed == [1, 2, 3, 13] and interest == [0, 0, 0, 1]


def test_an_interest_of_few_items_leaves_its_places_to_the_others():
    few = [[1, PAD, PAD, PAD], [11, 12, 13, 14]]
    assert items(Quota()(found(few, [0.9, 0.1]), 4)) == ([1, 11, 12, 13], [0, 1, 1, 1])


def test_round_robin_takes_the_interests_in_turn_and_the_heavier_first():
    listed, interest = items(RoundRobin()(found(APART, [0.2, 0.5, 0.3]), 5))
    assert listed == [11, 21, 1, 12, 22] and interest == [1, 2, 0, 1, 2]
    twice = [[1, 2, 3, 4], [1, 12, 2, 14]]
    assert items(RoundRobin()(found(twice, [0.5, 0.5]), 4))[0] == [1, 2, 12, 3]


def test_reciprocal_rank_is_the_sum_over_the_lists_that_have_an_item():
    lists, weight, constant = [[1, 2, 3, 4], [4, 1, 5, 6], [7, 4, 8, 1]], [0.5, 0.3, 0.2], 2.0
    total: dict[int, float] = {}
    for k, one in enumerate(lists):
        for rank, item in enumerate(one, 1):
            total[item] = total.get(item, 0.0) + 3 * weight[k] / (constant + rank)
    merged = ReciprocalRank(constant, depth=1)(found(lists, weight), 8)
    best = sorted(total, key=lambda item: -total[item])
    assert merged.item[0].tolist()[:3] == best[:3]
    assert merged.priority[0].tolist() == pytest.approx([total[i] for i in best])
    assert merged.interest[0, merged.item[0] == 4].tolist() == [1]  # it scores 4 highest


def test_equal_weights_give_the_fusion_of_the_paper():
    merged = ReciprocalRank(60.0, depth=100)(found([[1, 2], [2, 3]], [0.5, 0.5]), 3)
    assert merged.item[0].tolist() == [2, 1, 3]
    expected = [1 / 61 + 1 / 62, 1 / 61, 1 / 62]
    assert merged.priority[0].tolist() == pytest.approx(expected)


def test_values_of_reciprocal_rank_are_checked():
    for constant, depth in ((-1.0, 100), (60.0, 0)):
        with pytest.raises(Mistake, match="must be at least"):
            ReciprocalRank(constant, depth)


def test_of_equal_priorities_the_higher_score_is_first():
    lists = Top(torch.tensor([[[1.0], [2.0], [2.0]]]), torch.tensor([[[4], [5], [6]]]))
    merged = merge_by(torch.zeros(1, 3, 1), lists, 3)
    assert merged.item.tolist() == [[5, 6, 4]] and merged.interest.tolist() == [[1, 2, 0]]


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=3))
def test_equal_ids_of_a_row_have_one_sum(ids):
    value = torch.arange(1.0, 1 + 4 * len(ids)).view(-1, 4)
    expected = [
        [sum(v for v, other in zip(values, row, strict=True) if other == one) for one in row]
        for row, values in zip(ids, value.tolist(), strict=True)
    ]
    assert add_equals(torch.tensor(ids), value).tolist() == expected


@given(st.data())
def test_the_maximum_is_the_exact_top_n_of_a_slow_loop(data):
    """Small whole numbers: scores are exact, and many of them tie."""
    K, V, n = (data.draw(st.integers(1, most)) for most in (3, 12, 14))
    whole = st.integers(-2, 2).map(float)
    vectors = torch.tensor(data.draw(lists_of(K, lists_of(2, whole))))
    table = torch.tensor([[9.0, 9.0], *data.draw(lists_of(V, lists_of(2, whole)))])
    gate = torch.tensor(data.draw(lists_of(K, st.sampled_from([0.0, -1.0, -torch.inf]))))
    gate[data.draw(st.integers(0, K - 1))] = 0  # one interest counts
    seen = torch.tensor(data.draw(st.lists(st.integers(1, V), max_size=V)), dtype=torch.int64)
    weight = gate.softmax(0)
    one = found_of(vectors[None], weight[None], gate[None], [seen], table)
    best = {
        item: max(float(vectors[k] @ table[item] + gate[k]) for k in range(K))
        for item in range(1, V + 1)
        if item not in seen.tolist()
    }
    expected = sorted(best.values(), reverse=True)[:n]
    for merge in (Maximum(), Score()):
        merged = merge(one, n)
        there = merged.item[0] != PAD
        listed = merged.item[0][there].tolist()
        assert [best[item] for item in listed] == expected == merged.score[0][there].tolist()
        assert len({*listed}) == len(listed)
        for item, interest in zip(listed, merged.interest[0].tolist(), strict=False):
            assert float(vectors[interest] @ table[item] + gate[interest]) == best[item]


def lists_of(size, values):
    return st.lists(values, min_size=size, max_size=size)
