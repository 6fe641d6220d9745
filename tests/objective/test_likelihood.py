"""Every option of conf/likelihood, and its equation."""

import math
from dataclasses import replace

import pytest
import torch

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.objective.answers import narrow
from bam.objective.likelihood.full_softmax import FullSoftmax
from bam.objective.likelihood.gbce import GBCE
from bam.objective.likelihood.hard_negatives import HardNegatives
from bam.objective.likelihood.sampled_softmax import SampledSoftmax
from bam.records import Answer
from tests.broken.likelihood import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import likelihood as contract
from tests.objective.example import candidates, nll_of, scores

SOFTMAX = ["sampled_softmax", "hard_negatives"]


@pytest.fixture(params=SOFTMAX)
def softmax(request, configured):
    return build(configured(f"likelihood={request.param}")["likelihood"], "likelihood")


@pytest.fixture(params=options("likelihood"))
def likelihood(request, configured):
    return build(configured(f"likelihood={request.param}")["likelihood"], "likelihood")


@pytest.mark.parametrize("check", checks(contract))
def test_every_likelihood_keeps_the_contract(likelihood, check):
    check(likelihood)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_likelihood_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, broken) == rules


def full_softmax(smoothing=0.0, chunk=4, memory_mb=64):
    return FullSoftmax(smoothing, chunk, memory_mb)


def test_equal_logits_cost_the_log_of_the_candidate_count(softmax):
    nll = nll_of(softmax, torch.zeros(2, 1, 1, 4), candidates(2, 6))
    torch.testing.assert_close(nll, torch.full((2, 1), math.log(7)))


def test_a_target_never_counts_as_its_own_negative(softmax):
    items, vectors = candidates(3, 5), torch.randn(3, 2, 4, 4)
    hit = items.accidental_hit.clone()
    hit[:, 2:4] = True
    left = [0, 1, 4]
    without = replace(
        items,
        negatives=items.negatives[:, left],
        log_q=items.log_q[:, left],
        accidental_hit=hit[:, left],
    )
    masked = replace(items, accidental_hit=hit)
    torch.testing.assert_close(nll_of(softmax, vectors, masked), nll_of(softmax, vectors, without))


def test_a_row_whose_every_negative_is_its_target_costs_nothing(softmax):
    items = candidates(1, 3)
    vectors = torch.randn(1, 1, 2, 4, requires_grad=True)
    nll = nll_of(softmax, vectors, replace(items, accidental_hit=~items.accidental_hit))
    nll.sum().backward()
    assert nll.item() == 0
    assert vectors.grad is not None and bool(vectors.grad.isfinite().all())


@pytest.fixture
def mixed():
    """Three rows and seven negatives: one is an accidental hit, and all have some log_q."""
    items = candidates(3, 7)
    hit = items.accidental_hit.clone()
    hit[0, 1] = True
    return replace(items, accidental_hit=hit, log_q=torch.randn(1, 7))


@pytest.mark.parametrize("beta", [0.0, 0.01, 1.0])
def test_hard_negatives_equal_the_equation_in_float64(mixed, beta):
    vectors = torch.randn(3, 1, 2, 4)
    nll = nll_of(HardNegatives(beta), vectors, mixed)
    for b in range(3):
        positive, negative = scores(vectors[b, 0], mixed, b)
        weight = [math.exp(beta * x) for x in negative]
        hard = sum(w * math.exp(x) for w, x in zip(weight, negative, strict=True))
        hard /= sum(weight) / len(weight)
        expected = -positive + math.log(math.exp(positive) + hard)
        assert nll[b].item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("bias", [0.0, -2.0])
@pytest.mark.parametrize("t", [0.0, 0.75, 1.0])
def test_gbce_equals_the_equation_in_float64(mixed, t, bias):
    """beta = alpha (t (1 - 1/alpha) + 1/alpha), alpha = 7 of the 8 others."""
    vectors, alpha = torch.randn(3, 1, 2, 4), 7 / 8
    beta = alpha * (t * (1 - 1 / alpha) + 1 / alpha)
    nll = nll_of(GBCE(t, bias), vectors, mixed)
    for b in range(3):
        positive, negative = scores(vectors[b, 0], mixed, b)
        p, *others = (1 / (1 + math.exp(-x - bias)) for x in (positive, *negative))
        total = -math.log(p**beta) - sum(math.log(1 - x) for x in others)
        assert nll[b].item() == pytest.approx(total / (1 + len(negative)), rel=1e-5)


def test_gbce_stays_finite_where_a_sigmoid_would_round_to_zero_or_one():
    items, vectors = candidates(2, 3), torch.full((2, 1, 1, 4), 100.0, requires_grad=True)
    for sign in (1.0, -1.0):
        given = replace(
            items, target=sign * torch.ones(2, 4), negatives=-sign * torch.ones(1, 3, 4)
        )
        nll = nll_of(GBCE(0.75, 0.0), vectors, given)
        (gradient,) = torch.autograd.grad(nll.sum(), vectors)
        assert bool(nll.isfinite().all()) and bool(gradient.isfinite().all())


def test_more_negatives_than_items_are_no_more_than_all_of_them():
    items, vectors = candidates(2, 50), torch.randn(2, 1, 1, 4)
    torch.testing.assert_close(
        nll_of(GBCE(1.0, 0.0), vectors, items), nll_of(GBCE(0.0, 0.0), vectors, items)
    )


@pytest.mark.parametrize("t", [-0.1, 1.1])
def test_t_beyond_zero_and_one_is_refused(t):
    with pytest.raises(Mistake, match="t must be within 0 and 1, got"):
        GBCE(t, bias=0.0)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_smoothed_sampled_softmax_shares_its_labels_among_the_candidates(mixed, smoothing):
    vectors = torch.randn(3, 1, 2, 4)
    nll = nll_of(SampledSoftmax(smoothing), vectors, mixed)
    for b in range(3):
        positive, negative = scores(vectors[b, 0], mixed, b)
        every = [positive, *negative]
        log_p = [s - math.log(sum(map(math.exp, every))) for s in every]
        expected = -(1 - smoothing) * log_p[0] - smoothing * sum(log_p) / len(log_p)
        assert nll[b].item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
@pytest.mark.parametrize("name", ["sampled_softmax", "full_softmax"])
def test_label_smoothing_that_leaves_the_target_nothing_is_refused(configured, name, smoothing):
    config = configured(f"likelihood={name}", f"likelihood.label_smoothing={smoothing}")
    with pytest.raises(Mistake, match="label_smoothing must be at least 0 and below 1, got"):
        build(config["likelihood"], "likelihood")


def test_chunks_of_nothing_are_refused():
    with pytest.raises(Mistake, match="chunk_items must be at least 1, got 0"):
        FullSoftmax(0.0, chunk_items=0, memory_mb=0)
    with pytest.raises(Mistake, match="memory_mb must be at least 0, got -1"):
        FullSoftmax(0.0, chunk_items=1, memory_mb=-1)


def test_beta_zero_is_sampled_softmax():
    items, vectors = candidates(3, 7), torch.randn(3, 2, 4, 4)
    torch.testing.assert_close(
        nll_of(HardNegatives(0.0), vectors, items), nll_of(SampledSoftmax(0.0), vectors, items)
    )


def test_a_larger_beta_costs_more():
    items, vectors = candidates(3, 7), torch.randn(3, 2, 4, 4)
    assert bool(
        (
            nll_of(HardNegatives(1.0), vectors, items) > nll_of(HardNegatives(0.1), vectors, items)
        ).all()
    )


def of_catalogue(batch=3, dim=4):
    """Candidates whose targets are rows of the table."""
    items = candidates(batch, 0, dim=dim)
    return replace(items, target=items.table()[torch.arange(batch)])


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("interests", [1, 3])
def test_full_softmax_is_the_cross_entropy_over_every_item(interests, smoothing):
    items, vectors = of_catalogue(), torch.randn(3, 2, interests, 4)
    nll = nll_of(full_softmax(smoothing), vectors, items)
    score = torch.einsum("bgkd,vd->bgkv", vectors.double(), items.table().double()).logsumexp(2)
    log_p = score.log_softmax(-1)
    target = log_p[torch.arange(3), :, torch.arange(3)]
    expected = -(1 - smoothing) * target - smoothing * log_p.mean(-1)
    torch.testing.assert_close(nll.double(), expected, rtol=1e-5, atol=1e-6)


def test_the_two_losses_of_the_identity_agree_with_full_softmax():
    items, vectors = of_catalogue(), torch.randn(3, 1, 4, 4)
    alone = nll_of(full_softmax(), vectors.transpose(1, 2), items)
    lse = torch.einsum("bkd,vd->bkv", vectors[:, 0], items.table()).logsumexp(-1)
    together = lse.logsumexp(1) - (lse - alone).logsumexp(1)
    torch.testing.assert_close(nll_of(full_softmax(), vectors, items)[:, 0], together)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("interests", [1, 3])
@pytest.mark.parametrize("chunk", [1, 4, 100])
@pytest.mark.parametrize("memory_mb", [0, 64])
def test_the_gradient_of_full_softmax_is_that_of_autograd_whatever_its_tiles(
    memory_mb, chunk, interests, smoothing
):
    items, vectors = of_catalogue(), torch.randn(3, 2, interests, 4, requires_grad=True)
    table = items.table().clone().requires_grad_()
    weight = torch.randn(3, 2)
    items = replace(items, table=lambda: table)
    nll = nll_of(full_softmax(smoothing, chunk, memory_mb), vectors, items)
    found = torch.autograd.grad((weight * nll).sum(), [vectors, table])
    score = torch.einsum("bgkd,vd->bgkv", vectors, table).logsumexp(2)
    target = torch.einsum("bgkd,bd->bgk", vectors, items.target).logsumexp(2)
    smoothed = (1 - smoothing) * target + smoothing * score.mean(-1)
    plain = (weight * (score.logsumexp(-1) - smoothed)).sum()
    for ours, theirs in zip(found, torch.autograd.grad(plain, [vectors, table]), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_full_softmax_of_scores_that_exp_cannot_hold_is_finite_and_exact():
    items, vectors = of_catalogue(), 40 * torch.randn(3, 1, 2, 4, requires_grad=True)
    nll = nll_of(full_softmax(), vectors, items)
    (gradient,) = torch.autograd.grad(nll.sum(), vectors)
    score = torch.einsum("bgkd,vd->bgkv", vectors.double(), items.table().double()).logsumexp(2)
    expected = -score.log_softmax(-1)[torch.arange(3), :, torch.arange(3)]
    torch.testing.assert_close(nll.double(), expected, rtol=1e-5, atol=1e-4)
    assert score.max() > 100 and bool(gradient.isfinite().all())


@pytest.mark.parametrize("chosen", [[[0], [2], [1]], [[2, 0], [1, 2], [0, 0]]])
@pytest.mark.parametrize("name", options("likelihood"))
def test_answers_that_share_vectors_cost_what_each_costs_alone(configured, name, chosen):
    likelihood = build(configured(f"likelihood={name}")["likelihood"], "likelihood")
    items, vectors, group = candidates(3, 5), torch.randn(3, 3, 4), torch.tensor(chosen)[..., None]
    log_g = torch.randn(3, 1, 3).log_softmax(-1)
    alone = Answer(vectors, group, None, torch.ones(group.shape[:2]))
    together = Answer(vectors, None, log_g, torch.ones(3, 1))
    (a,), (t,) = likelihood([alone], items), likelihood([together], items)
    for answers, expected in (([alone, together], [a, t]), ([together, alone], [t, a])):
        for found, wanted in zip(likelihood(answers, items), expected, strict=True):
            torch.testing.assert_close(found, wanted)
    for found, wanted in zip(likelihood(narrow([alone]), items), [a], strict=True):
        torch.testing.assert_close(found, wanted)


def test_an_answer_keeps_all_vectors_only_where_another_one_needs_them():
    vectors, group = torch.randn(2, 3, 4), torch.tensor([[[1]], [[2]]])
    alone = Answer(vectors, group, None, torch.ones(2, 1))
    together = Answer(vectors, None, None, torch.ones(2, 1))
    assert narrow([alone, together]) == [alone, together]
    (few,) = narrow([alone])
    assert few.vectors[:, 0].equal(vectors[[0, 1], [1, 2]]) and few.group is None
