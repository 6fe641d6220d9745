"""Which interests send a query, and which targets the queries bring."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import tensor

from bam.errors import Mistake
from bam.evaluation.metric.queries import Queries as NumberOfQueries
from bam.evaluation.metric.recall import Recall
from bam.evaluation.metric.union_recall import UnionRecall, quotas
from bam.evaluation.outcome import Outcome, measure
from bam.evaluation.queries import Queries, cosines, distinct_interests
from tests.contracts import metric as contract
from tests.evaluation import oracles


@st.composite
def interests(draw):
    """Up to four interests of a few users: some are equal, opposite or zero, and weights tie."""
    K, number = draw(st.integers(1, 4)), st.sampled_from([-1.0, 0.0, 1.0, 2.0])
    row = st.lists(number, min_size=3, max_size=3)
    vectors = draw(
        st.lists(st.lists(row, min_size=K, max_size=K), min_size=1, max_size=3).map(tensor)
    )
    weight = torch.tensor(
        draw(
            st.lists(
                st.lists(st.integers(0, 3), min_size=K, max_size=K),
                min_size=len(vectors),
                max_size=len(vectors),
            )
        )
    ).float()
    return vectors, weight, draw(st.sampled_from([-1.0, -0.5, 0.0, 0.3, 0.9, 0.999, 1.0]))


@given(interests())
def test_distinct_interests_are_those_of_a_plain_loop(case):
    vectors, weight, max_cosine = case
    cosine = cosines(vectors)
    kept, merged = distinct_interests(cosine, weight, max_cosine)
    for u in range(len(vectors)):
        heirs = oracles.heirs(cosine[u].tolist(), weight[u].tolist(), max_cosine)
        assert set(kept[u].nonzero()[:, 0].tolist()) == set(heirs)
        for k in range(weight.shape[1]):
            assert merged[u, k] == sum(weight[u, j] for j in heirs.get(k, []))


@given(interests())
def test_no_two_that_are_kept_are_alike_and_no_weight_is_lost(case):
    vectors, weight, max_cosine = case
    cosine = cosines(vectors)
    kept, merged = distinct_interests(cosine, weight, max_cosine)
    pairs = (kept[:, :, None] & kept[:, None]).triu(1)
    assert max_cosine >= 1 or not (pairs & (cosine > max_cosine)).any()
    assert kept.gather(1, weight.argmax(1, keepdim=True)).all()
    assert torch.equal(merged.sum(1), weight.sum(1))


def distinct(vectors, weight, max_cosine):
    kept, merged = distinct_interests(cosines(tensor([vectors])), tensor([weight]), max_cosine)
    return kept[0].tolist(), merged[0].tolist()


def test_of_equal_interests_the_heaviest_alone_is_kept_and_has_all_the_weight():
    assert distinct([[1.0, 2.0]] * 3, [0.25, 0.5, 0.25], 0.9) == ([False, True, False], [0, 1, 0])


def test_of_equal_interests_of_equal_weight_the_first_is_kept():
    assert distinct([[1.0, 2.0]] * 2, [0.5, 0.5], 0.9) == ([True, False], [1, 0])


def test_with_a_largest_cosine_of_one_all_are_kept():
    """Although the cosine of an interest with itself may be rounded to more than 1."""
    vectors = torch.randn(1, 1, 64).expand(500, 4, 64)
    kept, weight = distinct_interests(cosines(vectors), torch.full((500, 4), 0.25), 1.0)
    assert kept.all() and torch.equal(weight, torch.full((500, 4), 0.25))


def test_an_interest_alone_is_kept():
    assert distinct([[1.0, 0.0]], [1.0], -1.0) == ([True], [1.0])


def test_an_interest_that_is_zero_is_like_no_other():
    assert distinct([[0.0, 0.0], [1.0, 0.0]], [0.5, 0.5], 0.9) == ([True, True], [0.5, 0.5])


def outcome(rank, weight=None, cosine=None):
    """Of users whose targets have these ranks [U T K]."""
    rank = tensor(rank)
    U, _, K = rank.shape
    weight = torch.full((U, K), 1 / K) if weight is None else tensor(weight)
    cosine = torch.eye(K).repeat(U, 1, 1) if cosine is None else tensor(cosine)
    best = rank.amin(2)
    return Outcome(best, best[:, :0], Queries(rank, weight, cosine), Outcome.smallest().facts)


def at(metric, *given):
    """The only value that the metric yields."""
    [(_, value)] = metric(outcome(*given))
    return value.tolist()


def test_each_of_q_interests_brings_its_best_n_over_q_items_rounded_up():
    metric = UnionRecall([10], 1.0, False)
    assert at(metric, [[[4, 90, 90]], [[90, 5, 90]]]) == [1, 0]  # ceil(10 / 3) = 4


def test_a_target_counts_once_however_many_interests_bring_it():
    assert at(UnionRecall([4], 1.0, False), [[[1, 1], [3, 9], [0, 0]]]) == [0.5]


def test_interests_that_are_alike_send_one_query_which_brings_all_candidates():
    alike = [[[1.0, 0.95], [0.95, 1.0]]]
    given = [[[9, 10]]], [[0.4, 0.6]], alike
    assert at(UnionRecall([10], 1.0, False), *given) == [0]
    assert at(UnionRecall([10], 0.9, False), *given) == [1]  # of the heavier one
    assert at(NumberOfQueries(1.0), *given) == [2] and at(NumberOfQueries(0.9), *given) == [1]


def test_by_weight_a_heavier_interest_brings_more():
    metric = UnionRecall([10], 1.0, True)
    assert at(metric, [[[8, 90]], [[90, 3]]], [[0.75, 0.25]] * 2) == [1, 1]
    assert at(metric, [[[9, 90]], [[90, 4]]], [[0.75, 0.25]] * 2) == [0, 0]


def test_with_equal_weights_the_share_by_weight_is_the_equal_share():
    found = replace(contract.sample(), queries=contract.queries_of(contract.sample().ranks))
    K = contract.INTERESTS
    equal = torch.full_like(found.queries.weight, 1 / K)
    found = replace(found, queries=replace(found.queries, weight=equal))
    values = [dict(UnionRecall([5, 10], 1.0, by)(found)) for by in (True, False)]
    for name in ("union_recall@5", "union_recall@10"):
        assert torch.equal(values[0][name], values[1][name])


@given(st.integers(1, 1000), st.integers(1, 12))
def test_equal_shares_are_exact(n, Q):
    assert quotas(torch.ones(1, Q).double(), n).tolist() == [[math.ceil(n / Q)] * Q]
    third = torch.full((1, Q), 1 / Q)
    assert quotas(third.double(), n).tolist() == [[math.ceil(n / Q)] * Q]


def test_the_share_of_interests_that_are_merged_is_exact():
    """A sum of float32 is a little above three fifths."""
    share = torch.full((1, 5), 0.2)
    merged = torch.cat([share[:, :3].sum(1, keepdim=True), share[:, 3:]], 1).double()
    assert quotas(merged, 10).tolist() == [[6, 2, 2]] and quotas(merged, 100)[0, 0] == 60
    assert quotas(torch.tensor([[1.0, 1e-9, 0.0]]).double(), 10).tolist() == [[10, 1, 0]]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 500))
def test_shares_add_up_to_n_or_less_than_one_more_a_query(shares, n):
    share = tensor([[1, *shares]]).double()
    total = int(quotas(share, n).sum())
    assert n <= total < n + int((share > 0).sum())


def test_with_one_interest_union_recall_is_recall():
    ranks = contract.sample().ranks
    queries = Queries(ranks[..., None], torch.ones(len(ranks), 1), torch.ones(len(ranks), 1, 1))
    found = replace(contract.sample(), queries=queries)
    recall, union = dict(Recall([7])(found)), dict(UnionRecall([7], 0.9, False)(found))
    assert torch.equal(recall["recall@7"], union["union_recall@7"])


@pytest.mark.parametrize("rank", ["better", "worse"])
def test_a_better_rank_under_any_interest_is_never_worse(rank):
    found = contract.sample()
    change = -1 if rank == "better" else 1
    moved = (found.queries.rank + change).clamp(min=1) * (found.queries.rank > 0)
    other = replace(found, queries=replace(found.queries, rank=moved))
    metric = UnionRecall([5, 20], 0.9, True)
    pairs = zip(metric(other), metric(found), strict=True)
    assert all((change * (now - before) <= 0).all() for (_, now), (_, before) in pairs)


@pytest.mark.parametrize("metric", [lambda c: UnionRecall([5], c, False), NumberOfQueries])
def test_a_cosine_above_one_is_refused(metric):
    with pytest.raises(Mistake, match="max_cosine must be from -1 to 1"):
        metric(1.5)


def test_a_metric_of_queries_is_left_out_where_no_interest_is_ranked_alone():
    found = contract.sample()
    blind = replace(found, queries=Queries.none(found.ranks))
    metrics = [UnionRecall([5], 1.0, False), Recall([5]), NumberOfQueries(1.0)]
    assert [one.name for one in measure(metrics, blind)] == ["recall@5"]
    assert len(measure(metrics, found)) == 3
