"""L_s and L_m against the equations, written out in float64 loops."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from bam.experiment.instantiate import components
from bam.objective.likelihood.sampled_softmax import SampledSoftmax
from bam.objective.loss.multi_interest import MultiInterest
from bam.objective.loss.single_interest import SingleInterest
from bam.records import Candidates, Choice, Interests, Mixture
from tests.broken.loss import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import loss as contract


class Fixed(nn.Module):
    """Chooses what it was told to."""

    def __init__(self, interest, weight):
        super().__init__()
        self.choice = Choice(torch.tensor(interest), torch.tensor(weight))

    def forward(self, vectors, target):
        return self.choice


def example(batch=2, interests=3, dim=4, negatives=5):
    routing = torch.rand(batch, interests, 2).softmax(-1)
    vectors = torch.randn(batch, interests, dim)
    found = Mixture(vectors, routing, vectors)
    return found, Candidates(
        target=torch.randn(batch, dim),
        negatives=torch.randn(1, negatives, dim),
        log_q=torch.zeros(1, negatives),
        own=torch.zeros(batch, negatives, dtype=torch.bool),
        num_items=9,
        table=lambda: torch.randn(9, dim),
        log_sums=[],
    )


def dot(a, b):
    return float(a.double() @ b.double())


def nll(vectors, candidates, b):
    """Cross-entropy of s_i = log sum_k exp <m_k, e_i>, in loops."""
    items = [candidates.target[b], *candidates.negatives[0]]
    score = [math.log(sum(math.exp(dot(m, e)) for m in vectors)) for e in items]
    return -score[0] + math.log(sum(math.exp(s) for s in score))


@pytest.mark.parametrize("selection", ["hard", "p_expected"])  # which draw nothing
@pytest.mark.parametrize("name", options("loss"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_loss_keeps_the_contract(configured, name, selection, check):
    config = configured(f"loss={name}", f"selection={selection}")["loss"]
    for part in config:

        def make(weight, part=part):
            return components({part: {**config[part], "weight": weight}}, "loss")[part]

        check(make)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_loss_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


def test_single_interest_is_the_cross_entropy_of_the_chosen_interest():
    found, candidates = example()
    loss = SingleInterest(2.0, Fixed([[1], [2]], [[1.0], [1.0]]), SampledSoftmax(0.0))
    parts = nll(found.vectors[0, 1:2], candidates, 0), nll(found.vectors[1, 2:3], candidates, 1)
    expected = 2.0 * sum(parts) / 2  # the weight, and the mean over the batch
    assert loss(found, candidates).item() == pytest.approx(expected, rel=1e-5)


def test_single_interest_weighs_the_answers_of_several_interests():
    found, candidates = example(batch=1)
    loss = SingleInterest(1.0, Fixed([[0, 1, 2]], [[0.5, 0.3, 0.2]]), SampledSoftmax(0.0))
    expected = sum(
        w * nll(found.vectors[0, k : k + 1], candidates, 0) for k, w in enumerate((0.5, 0.3, 0.2))
    )
    assert loss(found, candidates).item() == pytest.approx(expected, rel=1e-5)


def test_multi_interest_is_the_cross_entropy_of_all_interests_together():
    found, candidates = example()
    expected = sum(nll(found.vectors[b], candidates, b) for b in range(2)) / 2
    loss = MultiInterest(1.0, SampledSoftmax(0.0))
    assert loss(found, candidates).item() == pytest.approx(expected, rel=1e-5)


def test_gated_interests_answer_together_as_far_as_their_gates_are_open():
    found, candidates = example()
    log_g = torch.randn(2, 3, 1).log_softmax(1)
    gated = replace(found, components=torch.cat([found.vectors, log_g], -1))
    expected = 0.0
    for b in range(2):
        items = [candidates.target[b], *candidates.negatives[0]]
        exp_s = [sum(math.exp(dot(found.vectors[b, k], e)) * math.exp(log_g[b, k].item())
                     for k in range(3)) for e in items]  # fmt: skip
        expected += (math.log(sum(exp_s)) - math.log(exp_s[0])) / 2
    loss = MultiInterest(1.0, SampledSoftmax(0.0))
    assert loss(gated, candidates).item() == pytest.approx(expected, rel=1e-5)


def test_with_one_interest_both_losses_agree():
    found, candidates = example(interests=1)
    single = SingleInterest(1.0, Fixed([[0], [0]], [[1.0], [1.0]]), SampledSoftmax(0.0))
    multi = MultiInterest(1.0, SampledSoftmax(0.0))
    torch.testing.assert_close(single(found, candidates), multi(found, candidates))


def test_an_interest_that_was_not_chosen_gets_no_gradient_from_the_single_interest_loss():
    found, candidates = example(batch=1)
    vectors = found.vectors.requires_grad_()
    loss = SingleInterest(1.0, Fixed([[1]], [[1.0]]), SampledSoftmax(0.0))
    loss(Interests(vectors, found.routing), candidates).backward()
    assert vectors.grad is not None
    assert vectors.grad[0, [0, 2]].abs().sum() == 0 and vectors.grad[0, 1].abs().sum() > 0
