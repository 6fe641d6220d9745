"""Every option of conf/likelihood, and what each equation says."""

import math

import pytest
import torch
from torch import nn

from bam.experiment.compose import build
from bam.likelihood.hard_negatives import HardNegatives
from bam.likelihood.sampled_softmax import SampledSoftmax
from bam.records import Candidates
from tests.conftest import options

ALL = options("likelihood")


@pytest.fixture(params=ALL)
def likelihood(request, configured):
    return build(configured(f"likelihood={request.param}")["likelihood"], "likelihood")


def candidates(batch, negatives, rows=1, dim=4):
    own = torch.zeros(batch, negatives, dtype=torch.bool)
    return Candidates(torch.randn(batch, dim), torch.randn(rows, negatives, dim), own)


def test_equal_logits_cost_the_log_of_the_candidate_count(likelihood):
    zero = Candidates(torch.randn(2, 4), torch.randn(1, 6, 4), torch.zeros(2, 6, dtype=torch.bool))
    nll = likelihood(torch.zeros(2, 1, 1, 4), zero)
    torch.testing.assert_close(nll, torch.full((2, 1), math.log(7)))


def test_the_own_target_never_counts_as_its_negative(likelihood):
    met, vectors = candidates(3, 5), torch.randn(3, 2, 4, 4)
    own = met.own.clone()
    own[:, 2:4] = True
    without = Candidates(met.target, met.negatives[:, [0, 1, 4]], own[:, [0, 1, 4]])
    masked = Candidates(met.target, met.negatives, own)
    torch.testing.assert_close(likelihood(vectors, masked), likelihood(vectors, without))


def test_a_row_whose_every_negative_is_its_target_costs_nothing(likelihood):
    met = candidates(1, 3)
    vectors = torch.randn(1, 1, 2, 4, requires_grad=True)
    nll = likelihood(vectors, Candidates(met.target, met.negatives, ~met.own))
    nll.sum().backward()
    assert nll.item() == 0
    assert vectors.grad is not None and bool(vectors.grad.isfinite().all())


def test_shared_negatives_equal_the_same_negatives_given_to_each_row(likelihood):
    met, vectors = candidates(3, 5), torch.randn(3, 2, 4, 4)
    each = Candidates(met.target, met.negatives.expand(3, -1, -1), met.own)
    torch.testing.assert_close(likelihood(vectors, met), likelihood(vectors, each))


def test_a_batch_of_one_equals_its_row_of_a_larger_batch(likelihood):
    met, vectors = candidates(3, 5, rows=3), torch.randn(3, 1, 4, 4)
    first = Candidates(met.target[:1], met.negatives[:1], met.own[:1])
    torch.testing.assert_close(likelihood(vectors[:1], first), likelihood(vectors, met)[:1])


@pytest.mark.parametrize("beta", [0.0, 0.01, 1.0])
def test_hard_negatives_equal_the_equation_in_float64(beta):
    met, vectors = candidates(3, 7), torch.randn(3, 1, 2, 4)
    own = met.own.clone()
    own[0, 1] = True
    nll = HardNegatives(beta)(vectors, Candidates(met.target, met.negatives, own))
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


def test_likelihoods_learn_nothing_of_their_own(likelihood):
    assert isinstance(likelihood, nn.Module) and list(likelihood.parameters()) == []
