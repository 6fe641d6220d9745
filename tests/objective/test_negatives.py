"""Every option of conf/negatives."""

import math

import pytest
import torch
from torch import tensor

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.objective.likelihood.full_softmax import FullSoftmax
from bam.objective.likelihood.sampled_softmax import SampledSoftmax
from bam.objective.negatives.in_batch import InBatch
from bam.objective.negatives.popularity import Popularity
from bam.records import Candidates
from tests.broken.negatives import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import negatives as contract
from tests.contracts.negatives import COUNT
from tests.objective.example import nll_of

DRAWN = [name for name in options("negatives") if name != "none"]
ROWS = torch.tensor([1, 1, 2, 5, 5, 5, 3])  # targets


@pytest.fixture
def made(configured):
    def build_them(name, *overrides):
        node = configured(f"negatives={name}", *overrides)["negatives"]
        return build(node, "negatives", num_items=5, count=lambda: COUNT)

    return build_them


def share(ids):
    return torch.bincount(ids.flatten(), minlength=6)[1:].double() / ids.numel()


@pytest.mark.parametrize("name", options("negatives"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_way_of_drawing_keeps_the_contract(made, name, check):
    check(made(name, "num_negatives=100000"))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_way_of_drawing_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, broken) == rules


@pytest.mark.parametrize("name", ["shared", "per_row"])
def test_uniform_negatives_are_drawn_evenly_and_their_log_q_is_exactly_zero(made, name):
    drawn = made(name, "num_negatives=4000")(ROWS)
    torch.testing.assert_close(share(drawn.ids), torch.full((5,), 0.2).double(), atol=0.03, rtol=0)
    assert not drawn.log_q.any()


def test_only_per_row_negatives_have_more_than_one_row(made):
    rows = {name: made(name)(ROWS).ids.shape[0] for name in DRAWN}
    assert rows == {name: 7 if name == "per_row" else 1 for name in DRAWN}


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_popular_items_are_drawn_in_proportion_to_their_count_to_the_alpha(alpha):
    """An item that does not occur counts as one that occurs once."""
    weight = [16**alpha, 4**alpha, 1.0, 1.0, 9**alpha]
    q = [w / sum(weight) for w in weight]
    drawn = Popularity(5, lambda: COUNT, 60_000, alpha, log_q=True)(ROWS)
    torch.testing.assert_close(share(drawn.ids), torch.tensor(q).double(), atol=0.01, rtol=0)
    expected = torch.tensor([math.log(5 * q[i - 1]) for i in drawn.ids[0].tolist()])
    torch.testing.assert_close(drawn.log_q[0], expected)


def test_alpha_zero_is_uniform():
    assert Popularity(5, lambda: COUNT, 50, 0.0, log_q=True)(ROWS).log_q.abs().max() < 1e-6


def test_in_batch_negatives_are_targets_as_often_as_the_batch_has_them():
    drawn = InBatch(5, lambda: COUNT, 60_000, log_q=True)(ROWS)
    expected = torch.tensor([2 / 7, 1 / 7, 1 / 7, 0, 3 / 7]).double()
    torch.testing.assert_close(share(drawn.ids), expected, atol=0.01, rtol=0)
    q = {1: 16 / 31, 2: 4 / 31, 3: 1 / 31, 5: 9 / 31}
    log_q = torch.tensor([math.log(5 * q[i]) for i in drawn.ids[0].tolist()])
    torch.testing.assert_close(drawn.log_q[0], log_q)


@pytest.mark.parametrize("name", ["popularity", "in_batch"])
def test_without_log_q_all_items_have_log_q_zero(made, name):
    assert not made(name, "negatives.log_q=false")(ROWS).log_q.any()


def test_with_log_q_popular_negatives_have_the_loss_and_gradient_of_full_softmax():
    """And without it they have not: the popular item is pushed down too hard."""
    V, S, target = 30, 30_000, 6
    table, count = torch.randn(V, 4), torch.tensor([0, *(900 // i for i in range(1, V + 1))])
    interest = torch.randn(1, 1, 1, 4, requires_grad=True)

    def of(likelihood, log_q):
        drawn = Popularity(V, lambda: count, S, 1.0, log_q)(torch.tensor([target]))
        items = Candidates(
            target=table[target - 1 : target],
            negatives=table[drawn.ids - 1],
            log_q=drawn.log_q + math.log(S / V),  # the sum estimates S / V of that over all items
            accidental_hit=drawn.ids == target,
            num_items=V,
            table=lambda: table,
        )
        nll = nll_of(likelihood, interest, items).sum()
        return torch.cat([nll[None].detach(), torch.autograd.grad(nll, interest)[0].flatten()])

    exact = of(FullSoftmax(0.0, 8, 64), log_q=True)
    error = {on: float((of(SampledSoftmax(0.0), on) - exact).norm()) for on in (True, False)}
    assert error[True] < 0.1 * error[False]


@pytest.mark.parametrize("name", DRAWN)
def test_no_negatives_at_all_are_refused(made, name):
    with pytest.raises(Mistake, match="num_negatives must be at least 1, got 0"):
        made(name, "num_negatives=0")


def test_alpha_below_zero_is_refused(made):
    with pytest.raises(Mistake, match=r"alpha must be at least 0, got -1\.0"):
        made("popularity", "negatives.alpha=-1")


def test_none_draws_nothing(made):
    assert made("none")(ROWS).ids.shape == (1, 0)


def test_a_draw_on_an_edge_is_the_item_above_it_and_one_above_all_edges_the_last(monkeypatch):
    popularity = Popularity(5, lambda: COUNT, 3, 1.0, log_q=True)
    popularity.edges[-1] = 0.999  # as the rounding of a sum may leave it
    drawn = torch.stack([torch.zeros(()).double(), popularity.edges[0], tensor(0.9999)])[None]
    monkeypatch.setattr(torch, "rand", lambda *_, **__: drawn)
    assert popularity(ROWS).ids.tolist() == [[1, 2, 5]]
