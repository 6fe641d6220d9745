"""Lists of an index become the true list: proved against exact ranking."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bam.model.additions import Additions
from bam.model.aggregation.logsumexp import LogSumExp
from bam.model.aggregation.maximum import Maximum
from bam.records import PAD
from bam.serving.export.index import search_by
from bam.serving.faiss import load_faiss
from bam.serving.index.exact import Exact as Flat
from bam.serving.index.ivf import Ivf
from bam.serving.indexed import Indexed
from bam.serving.search import Exact
from tests.histories import mixture_of

POOLS = {"maximum": Maximum().pool, "logsumexp": LogSumExp(1.0).pool}
NONE = Additions.none(torch.device("cpu"))


@st.composite
def cases(draw):
    """Users, items with ties, what is added and excluded, weights that may be 0, any lengths."""
    torch.manual_seed(draw(st.integers(0, 10**6)))
    B, K = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    V, D = (
        draw(st.one_of(st.integers(1, 20), st.integers(200, 400))),
        draw(st.sampled_from([3, 12])),
    )
    levels = draw(st.sampled_from([2, 5, 1000]))  # few: many items tie
    table = torch.randint(-levels, levels + 1, (V + 1, D)).float() / levels
    vectors = torch.randn(B, K, D) * draw(st.sampled_from([0.5, 3.0]))
    log_weight = torch.randn(B, K) * draw(st.sampled_from([0.0, 3.0]))
    for k in range(1, K):
        log_weight[:, k][torch.rand(B) < 0.3] = -torch.inf
    scores = torch.randint(0, levels + 1, (B, V + 1)) * draw(st.sampled_from([0.0, 1.0, 9.0]))
    scores[torch.rand(B, V + 1) < 0.7] = 0
    scores[torch.rand(B, V + 1) < draw(st.sampled_from([0.0, 0.2, 1.0]))] = -torch.inf
    scores[:, PAD] = 0
    row, item = scores.nonzero(as_tuple=True)
    mixture = mixture_of(vectors, log_weight)
    n = draw(st.one_of(st.integers(1, 3), st.integers(1, 8), st.integers(1, V + 10)))
    return table, mixture, Additions.summed(row, item, scores[row, item]), n


def flat(table):
    return search_by(Flat()(table[1:].contiguous()), table)


def untrue(table):
    """The lists of the index are taken as they are."""
    return replace(flat(table), is_true=False)


def filled(score, n):
    return torch.nn.functional.pad(score, (0, max(0, n - score.shape[-1])), value=-torch.inf)


@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS)
@given(case=cases())
def test_the_lists_of_a_flat_index_give_the_true_best_items(pool, case):
    table, mixture, added, n = case
    expected = Exact.of(table, 1).pooled(mixture, pool, added, n)
    found = flat(table).pooled(mixture, pool, added, n)
    assert found.item.shape == (len(mixture.vectors), n)
    torch.testing.assert_close(found.score, filled(expected.score, n)[:, :n], atol=1e-5, rtol=1e-5)
    excluded = added.score == -torch.inf
    barred = {*zip(added.row[excluded].tolist(), added.item[excluded].tolist(), strict=True)}
    for row, items in enumerate(found.item.tolist()):
        real = [item for item in items if item != PAD]
        assert len(set(real)) == len(real) and not {(row, item) for item in real} & barred


@given(case=cases())
def test_each_interest_has_its_own_best_items(case):
    table, mixture, added, n = case
    expected = Exact.of(table, 1).each(mixture, added, n)
    found = flat(table).each(mixture, added, n)
    score = filled(expected.score, n)[:, :, :n]
    torch.testing.assert_close(found.score, score, atol=1e-5, rtol=1e-5)


def test_an_item_that_is_second_to_two_interests_is_found():
    """In lists of 2n items it is not: two items come before it in each."""
    rows = [[0.0, 0.0], [3.0, 0.0], [3.0, 0.0], [0.0, 3.0], [0.0, 3.0], [2.9, 2.9]]
    table = torch.tensor(rows + [[0.0, 0.0]] * 100)
    vectors = torch.eye(2)[None]
    mixture = mixture_of(vectors)
    exact = flat(table).pooled(mixture, POOLS["logsumexp"], NONE, 1)
    taken = untrue(table).pooled(mixture, POOLS["logsumexp"], NONE, 1)
    assert exact.item.tolist() == [[5]] and taken.item.tolist() != [[5]]


def test_users_whose_clusters_have_too_few_items_are_ranked_by_all():
    """Also where the list of another interest is long enough; one of weight 0 has no list."""
    table, mixture = torch.randn(401, 3), mixture_of(torch.randn(8, 2, 3), torch.zeros(8, 2))
    mixture.log_weight[:4, 1] = -torch.inf
    met = Additions.excluding(torch.arange(8).repeat_interleave(9), torch.randint(1, 401, (72,)))
    clusters = search_by(Ivf(10, 1, 39)(table[1:].contiguous()), table)
    exact, pool = Exact.of(table, 1), POOLS["maximum"]
    for n in (100, 399):
        found, true = (one.pooled(mixture, pool, met, n) for one in (clusters, exact))
        torch.testing.assert_close(found.score, true.score)
        found, true = (one.each(mixture, met, n) for one in (clusters, exact))
        torch.testing.assert_close(found.score, true.score)


def test_a_user_whose_clusters_have_enough_items_is_not_ranked_by_all(monkeypatch):
    table, mixture = torch.randn(401, 3), mixture_of(torch.randn(8, 2, 3), torch.zeros(8, 2))
    mixture.log_weight[:4, 1] = -torch.inf
    clusters = search_by(Ivf(10, 5, 39)(table[1:].contiguous()), table)
    monkeypatch.setattr(Exact, "pooled", lambda *_: pytest.fail("all items were ranked"))
    clusters.each(mixture, NONE, 5)
    clusters.pooled(mixture, POOLS["maximum"], NONE, 5)


def test_an_interest_of_weight_0_sends_no_query(monkeypatch):
    table = torch.randn(50, 3)
    vectors = torch.randn(2, 3, 3)
    weight = torch.tensor([[0.0, -torch.inf, 0.0], [0.0, -torch.inf, -torch.inf]])
    sent = []
    found = flat(table)
    search = type(found)._nearest
    monkeypatch.setattr(
        type(found), "_nearest", lambda self, v, m: sent.append(len(v)) or search(self, v, m)
    )
    found.each(mixture_of(vectors, weight), NONE, 2)
    assert sent == [3]


def test_one_user_is_searched_on_one_thread(monkeypatch):
    counts, table = [], torch.randn(400, 3)
    monkeypatch.setattr(load_faiss(), "omp_set_num_threads", counts.append)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    for users in (1, 30):
        vectors = torch.randn(users, 2, 3)
        mixture = mixture_of(vectors)
        untrue(table).each(mixture, NONE, 2)
    assert counts == [1, 7]


def test_many_users_are_ranked_together(monkeypatch):
    """By one product, with the same result."""
    table, vectors = torch.randn(400, 3), torch.randn(30, 2, 3)
    mixture, pool = mixture_of(vectors), POOLS["maximum"]
    found = flat(table)
    rows = [found.pooled(mixture_of(one[None]), pool, NONE, 3).item for one in vectors]
    monkeypatch.setattr(Indexed, "_nearest", lambda *_: pytest.fail("lists were searched"))
    assert found.pooled(mixture, pool, NONE, 3).item.equal(torch.cat(rows))
