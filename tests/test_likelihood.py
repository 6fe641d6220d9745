"""Every option of conf/likelihood, and what each equation says."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from bam.experiment.compose import build
from bam.likelihood.full_softmax import FullSoftmax
from bam.likelihood.hard_negatives import HardNegatives
from bam.likelihood.sampled_softmax import SampledSoftmax
from bam.mistake import Mistake
from bam.records import Candidates
from tests.conftest import options


@pytest.fixture(params=["sampled_softmax", "hard_negatives"])
def likelihood(request, configured):
    return build(configured(f"likelihood={request.param}")["likelihood"], "likelihood")


def candidates(batch, negatives, rows=1, dim=4):
    own = torch.zeros(batch, negatives, dtype=torch.bool)
    return Candidates(
        torch.randn(batch, dim), torch.randn(rows, negatives, dim), own, torch.randn(9, dim)
    )


def test_equal_logits_cost_the_log_of_the_candidate_count(likelihood):
    nll = likelihood(torch.zeros(2, 1, 1, 4), candidates(2, 6))
    torch.testing.assert_close(nll, torch.full((2, 1), math.log(7)))


def test_the_own_target_never_counts_as_its_negative(likelihood):
    met, vectors = candidates(3, 5), torch.randn(3, 2, 4, 4)
    own = met.own.clone()
    own[:, 2:4] = True
    without = replace(met, negatives=met.negatives[:, [0, 1, 4]], own=own[:, [0, 1, 4]])
    masked = replace(met, own=own)
    torch.testing.assert_close(likelihood(vectors, masked), likelihood(vectors, without))


def test_a_row_whose_every_negative_is_its_target_costs_nothing(likelihood):
    met = candidates(1, 3)
    vectors = torch.randn(1, 1, 2, 4, requires_grad=True)
    nll = likelihood(vectors, replace(met, own=~met.own))
    nll.sum().backward()
    assert nll.item() == 0
    assert vectors.grad is not None and bool(vectors.grad.isfinite().all())


def test_shared_negatives_equal_the_same_negatives_given_to_each_row(likelihood):
    met, vectors = candidates(3, 5), torch.randn(3, 2, 4, 4)
    each = replace(met, negatives=met.negatives.expand(3, -1, -1))
    torch.testing.assert_close(likelihood(vectors, met), likelihood(vectors, each))


def test_a_batch_of_one_equals_its_row_of_a_larger_batch(likelihood):
    met, vectors = candidates(3, 5, rows=3), torch.randn(3, 1, 4, 4)
    first = replace(met, target=met.target[:1], negatives=met.negatives[:1], own=met.own[:1])
    torch.testing.assert_close(likelihood(vectors[:1], first), likelihood(vectors, met)[:1])


@pytest.mark.parametrize("beta", [0.0, 0.01, 1.0])
def test_hard_negatives_equal_the_equation_in_float64(beta):
    met, vectors = candidates(3, 7), torch.randn(3, 1, 2, 4)
    own = met.own.clone()
    own[0, 1] = True
    nll = HardNegatives(beta)(vectors, replace(met, own=own))
    for b in range(3):
        score = [
            math.log(sum(math.exp(float(m.double() @ e.double())) for m in vectors[b, 0]))
            for e in (met.target[b], *(met.negatives[0, j] for j in range(7) if not own[b, j]))
        ]
        positive, negative = score[0], score[1:]
        weight = [math.exp(beta * x) for x in negative]
        hard = sum(w * math.exp(x) for w, x in zip(weight, negative, strict=True))
        hard /= sum(weight) / len(weight)
        expected = -positive + math.log(math.exp(positive) + hard)
        assert nll[b].item() == pytest.approx(expected, rel=1e-5)


def test_beta_zero_is_sampled_softmax():
    met, vectors = candidates(3, 7), torch.randn(3, 2, 4, 4)
    torch.testing.assert_close(HardNegatives(0.0)(vectors, met), SampledSoftmax()(vectors, met))


def test_a_larger_beta_costs_more():
    met, vectors = candidates(3, 7), torch.randn(3, 2, 4, 4)
    assert bool((HardNegatives(1.0)(vectors, met) > HardNegatives(0.1)(vectors, met)).all())


@pytest.mark.parametrize("name", options("likelihood"))
def test_likelihoods_learn_nothing_of_their_own(configured, name):
    likelihood = build(configured(f"likelihood={name}")["likelihood"], "likelihood")
    assert isinstance(likelihood, nn.Module) and list(likelihood.parameters()) == []


def test_a_sampled_likelihood_without_negatives_is_refused(likelihood):
    with pytest.raises(Mistake, match="needs negatives"):
        likelihood(torch.zeros(2, 1, 1, 4), candidates(2, 0))


def of_catalogue(batch=3, dim=4):
    """Candidates whose targets are rows of the table."""
    met = candidates(batch, 0, dim=dim)
    return replace(met, target=met.table[torch.arange(batch)])


@pytest.mark.parametrize("interests", [1, 3])
def test_full_softmax_is_the_cross_entropy_over_every_item(interests):
    met, vectors = of_catalogue(), torch.randn(3, 2, interests, 4)
    nll = FullSoftmax(chunk_items=4)(vectors, met)
    score = torch.einsum("bgkd,vd->bgkv", vectors.double(), met.table.double()).logsumexp(2)
    expected = -score.log_softmax(-1)[torch.arange(3), :, torch.arange(3)]
    torch.testing.assert_close(nll.double(), expected, rtol=1e-5, atol=1e-6)


def test_the_two_losses_of_the_identity_agree_with_full_softmax():
    met, vectors = of_catalogue(), torch.randn(3, 1, 4, 4)
    alone = FullSoftmax(4)(vectors.transpose(1, 2), met)
    lse = torch.einsum("bkd,vd->bkv", vectors[:, 0], met.table).logsumexp(-1)
    together = lse.logsumexp(1) - (lse - alone).logsumexp(1)
    torch.testing.assert_close(FullSoftmax(4)(vectors, met)[:, 0], together)


@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_the_gradient_of_full_softmax_is_that_of_autograd_whatever_the_chunk(chunk):
    met, vectors = of_catalogue(), torch.randn(3, 2, 3, 4, requires_grad=True)
    table = met.table.clone().requires_grad_()
    weight = torch.randn(3, 2)
    nll = FullSoftmax(chunk)(vectors, replace(met, table=table))
    found = torch.autograd.grad((weight * nll).sum(), [vectors, table])
    score = torch.einsum("bgkd,vd->bgkv", vectors, table).logsumexp(2)
    own = torch.einsum("bgkd,bd->bgk", vectors, met.target).logsumexp(2)
    plain = (weight * (score.logsumexp(-1) - own)).sum()
    for ours, theirs in zip(found, torch.autograd.grad(plain, [vectors, table]), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
