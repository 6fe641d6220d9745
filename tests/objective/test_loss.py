"""Who answers in L_s and in L_m, and what an answer costs: the equations in float64 loops."""

import math
from dataclasses import replace

import pytest
import torch

from bam.config.instantiate import components
from bam.objective.likelihood.full_softmax import FullSoftmax
from bam.objective.likelihood.sampled_softmax import SampledSoftmax
from bam.objective.loss.mean_interest import MeanInterest
from bam.objective.loss.mixture import Mixture as MixtureOfSoftmaxes
from bam.objective.loss.multi_interest import MultiInterest
from bam.objective.loss.single_interest import SingleInterest
from bam.objective.objective import cost
from bam.records import Answer
from tests.broken.loss import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import loss as contract
from tests.objective.example import candidates, choice, mixture, nll_of, score, scores


def cross_entropy(vectors, items, b, log_gate=None, sharpness=1.0):
    """Of the joint score of all vectors, in loops."""
    positive, negative = scores(vectors, items, b, log_gate, sharpness)
    every = torch.tensor([positive, *negative], dtype=torch.float64)
    return float(every.logsumexp(0)) - positive


def loss_of(loss, found, chosen, items):
    answer = loss(found, chosen)
    (nll,) = SampledSoftmax(0.0)([answer], items)
    return cost(answer, nll)


@pytest.mark.parametrize("name", options("loss"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_loss_keeps_the_contract(configured, name, check):
    config = configured(f"loss={name}")["loss"]
    for part in config:

        def make(weight, part=part):
            return components({part: {**config[part], "weight": weight}}, "loss")[part]

        check(make)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_loss_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


def test_single_interest_is_the_cross_entropy_of_the_chosen_interest():
    found, items = mixture(), candidates(2)
    chosen = choice([[1], [2]], [[1.0], [1.0]])
    m = found.vectors
    expected = (cross_entropy(m[0, 1:2], items, 0) + cross_entropy(m[1, 2:3], items, 1)) / 2
    assert loss_of(SingleInterest(1.0), found, chosen, items).item() == pytest.approx(expected)


def test_single_interest_weighs_the_answers_of_several_interests():
    found, items, weights = mixture(batch=1), candidates(1), [0.5, 0.3, 0.2]
    expected = sum(
        w * cross_entropy(found.vectors[0, k : k + 1], items, 0) for k, w in enumerate(weights)
    )
    chosen = choice([[0, 1, 2]], [weights])
    assert loss_of(SingleInterest(1.0), found, chosen, items).item() == pytest.approx(expected)


def test_mean_interest_is_the_cross_entropy_of_the_weighted_mean_of_the_chosen_interests():
    found, items, weights = mixture(), candidates(2), [[0.9, 0.1], [0.25, 0.75]]
    chosen, expected = choice([[0, 2], [1, 0]], weights), 0.0
    for b, (first, second) in enumerate([(0, 2), (1, 0)]):
        m, (w, v) = found.vectors[b].double(), weights[b]
        mean = [w * float(x) + v * float(y) for x, y in zip(m[first], m[second], strict=True)]
        expected += cross_entropy(torch.tensor([mean]), items, b) / 2
    assert loss_of(MeanInterest(1.0), found, chosen, items).item() == pytest.approx(expected)


def test_mean_interest_of_one_interest_is_single_interest():
    found, items, chosen = mixture(), candidates(2), choice([[1], [2]], [[1.0], [1.0]])
    torch.testing.assert_close(
        loss_of(MeanInterest(1.0), found, chosen, items),
        loss_of(SingleInterest(1.0), found, chosen, items),
    )


def test_a_weight_learns_from_how_far_its_interest_is_from_the_mean_of_the_batch():
    """d cost / d w_bc = (nll_bc - mean) / B: the value stays, the variance of a draw falls."""
    weight = torch.full((2, 3), 1 / 3, dtype=torch.float64, requires_grad=True)
    nll = torch.tensor([[1.0, 2.0, 6.0], [3.0, 5.0, 7.0]], dtype=torch.float64, requires_grad=True)
    found = cost(Answer(torch.zeros(2, 3, 4), None, None, weight), nll)
    found.backward()
    assert found.item() == pytest.approx(4)
    expected = [[-1.5, -1.0, 1.0], [-0.5, 0.5, 1.5]]
    assert weight.grad is not None and weight.grad.tolist() == [
        pytest.approx(row) for row in expected
    ]
    assert nll.grad is not None and nll.grad.flatten().tolist() == pytest.approx([1 / 6] * 6)


@pytest.mark.parametrize("gate", [False, True])
def test_multi_interest_is_the_cross_entropy_of_all_interests_together(gate):
    found, items = mixture(gate=gate), candidates(2)
    expected = sum(cross_entropy(found.vectors[b], items, b, found.log_weight[b]) for b in range(2))
    chosen = choice([[0], [0]], [[1.0], [1.0]])
    assert loss_of(MultiInterest(1.0, 1.0), found, chosen, items).item() == pytest.approx(
        expected / 2
    )


@pytest.mark.parametrize("sharpness", [0.5, 2.0, math.inf])
@pytest.mark.parametrize("gate", [False, True])
def test_a_sharper_joint_score_is_nearer_to_the_maximum(gate, sharpness):
    """s_i = (1/b) log sum_k exp(b (<m_k, e_i> + log g_k)) for the target and every negative."""
    found, items = mixture(gate=gate), candidates(2)
    items.log_q[:] = torch.randn(1, 5)
    rows = [
        cross_entropy(found.vectors[b], items, b, found.log_weight[b], sharpness) for b in (0, 1)
    ]
    chosen = choice([[0], [0]], [[1.0], [1.0]])
    loss = loss_of(MultiInterest(1.0, sharpness), found, chosen, items)
    assert loss.item() == pytest.approx(sum(rows) / 2, rel=1e-5)


def test_full_softmax_of_a_sharper_score_counts_every_item_in_chunks_of_any_size():
    found, items = mixture(gate=True), candidates(2)
    table = items.table()
    items = replace(items, target=table[[2, 7]])
    found.vectors.requires_grad_()
    chosen, losses, gradients = choice([[0], [0]], [[1.0], [1.0]]), [], []
    for chunk in (2, 100):
        answer = MultiInterest(1.0, 2.0)(found, chosen)
        (nll,) = FullSoftmax(0.0, chunk, 64)([answer], items)
        losses.append(nll[:, 0])
        gradients.append(torch.autograd.grad(nll.sum(), found.vectors)[0])
    torch.testing.assert_close(losses[0], losses[1])
    torch.testing.assert_close(gradients[0], gradients[1])
    for b, target in enumerate((2, 7)):
        vectors = found.vectors[b].detach()
        joint = [score(vectors, e, found.log_weight[b], 2.0) for e in table]
        expected = torch.tensor(joint, dtype=torch.float64).logsumexp(0) - joint[target]
        assert losses[0][b].item() == pytest.approx(float(expected), rel=1e-5)


def test_a_mixture_adds_the_probabilities_that_each_interest_gives_by_itself():
    found, items = mixture(gate=True), candidates(2)
    chosen, expected = choice([[0], [0]], [[1.0], [1.0]]), 0.0
    for b in range(2):
        shares = found.log_weight[b].double().exp().tolist()
        alone = [cross_entropy(found.vectors[b, k : k + 1], items, b) for k in range(3)]
        expected -= math.log(sum(p * math.exp(-nll) for p, nll in zip(shares, alone, strict=True)))
    loss = loss_of(MixtureOfSoftmaxes(1.0), found, chosen, items)
    assert loss.item() == pytest.approx(expected / 2, rel=1e-5)


def test_the_gate_of_a_mixture_learns_what_each_interest_is_responsible_for():
    """d cost / d log pi = pi - gamma, where the log pi of a row come from a softmax."""
    found, items = mixture(gate=True), candidates(2)
    found.log_weight.requires_grad_()
    chosen = choice([[0], [0]], [[1.0], [1.0]])
    answer = MixtureOfSoftmaxes(1.0)(found, chosen)
    (nll,) = SampledSoftmax(0.0)([answer], items)
    cost(answer, nll).backward()
    gamma = (found.log_weight - nll).softmax(1)
    expected = (found.log_weight.softmax(1) - gamma) / 2
    torch.testing.assert_close(found.log_weight.grad, expected.detach())


def test_an_interest_that_answers_alone_does_not_pass_through_the_gate():
    found, items, chosen = mixture(gate=True), candidates(2), choice([[1], [2]], [[1.0], [1.0]])
    alone = found.vectors[torch.arange(2), [1, 2]][:, None, None]
    torch.testing.assert_close(
        loss_of(SingleInterest(1.0), found, chosen, items),
        nll_of(SampledSoftmax(0.0), alone, items).mean(),
    )


def test_with_one_interest_both_losses_agree():
    found, items, chosen = mixture(interests=1), candidates(2), choice([[0], [0]], [[1.0], [1.0]])
    torch.testing.assert_close(
        loss_of(SingleInterest(1.0), found, chosen, items),
        loss_of(MultiInterest(1.0, 1.0), found, chosen, items),
    )


def test_an_interest_that_was_not_chosen_gets_no_gradient_from_the_single_interest_loss():
    found, items = mixture(batch=1), candidates(1)
    found.vectors.requires_grad_()
    loss_of(SingleInterest(1.0), found, choice([[1]], [[1.0]]), items).backward()
    gradient = found.vectors.grad
    assert gradient is not None
    assert gradient[0, [0, 2]].abs().sum() == 0 and gradient[0, 1].abs().sum() > 0
