"""Every option of conf/aggregation: how K scores of an item become one."""

import math
from dataclasses import replace

import pytest
import torch

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.evaluation.balance import winners
from bam.model.aggregation.activation import Activation
from bam.model.aggregation.gate import Gate
from bam.model.aggregation.logsumexp import LogSumExp
from bam.model.aggregation.maximum import Maximum
from bam.model.aggregation.mixture import Mixture as MixtureOfSoftmaxes
from bam.model.aggregation.scaled import Scaled
from bam.model.aggregation.weighted import Weighted
from bam.model.scores import interest_scores
from bam.objective.likelihood.full_softmax import FullSoftmax
from tests.broken.aggregation import REFUSED
from tests.conftest import options
from tests.contracts import aggregation as contract
from tests.contracts import checks, refusing
from tests.contracts.aggregation import scores
from tests.histories import interests, mixture_of
from tests.objective.example import candidates, nll_of


@pytest.fixture(params=options("aggregation"))
def aggregation(request, configured):
    return build(
        configured(f"aggregation={request.param}", f"dim={contract.DIM}")["aggregation"],
        "aggregation",
    )


@pytest.mark.parametrize("check", checks(contract))
def test_every_aggregation_keeps_the_contract(aggregation, check):
    check(aggregation)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_aggregation_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, broken) == rules


def test_maximum_and_logsumexp_of_two_scores():
    vectors, table = torch.tensor([[[1.0], [3.0]]]), torch.tensor([[1.0], [-1.0]])
    assert scores(Maximum(), vectors, table).tolist() == [[3.0, -1.0]]
    expected = [math.log(math.exp(1) + math.exp(3)), math.log(math.exp(-1) + math.exp(-3))]
    assert scores(LogSumExp(1.0), vectors, table)[0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("sharpness", [0.5, 2.0])
def test_logsumexp_of_a_sharpness_is_between_the_mean_and_the_maximum(sharpness):
    each = torch.tensor([[[1.0], [3.0]]])
    expected = math.log(math.exp(sharpness) + math.exp(3 * sharpness)) / sharpness
    assert LogSumExp(sharpness).pool(each).item() == pytest.approx(expected)
    assert LogSumExp(math.inf).pool(each).item() == 3


@torch.no_grad()
def test_a_mixture_scores_by_the_probabilities_of_its_interests():
    found, table = interests(torch.randn(2, 3, 4)), torch.randn(10, 4)
    gate = Gate(4, 5, True, LogSumExp(1.0))
    made = MixtureOfSoftmaxes(gate).eval().double()
    part = replace(found, vectors=found.vectors.double(), summary=found.summary.double())
    mixture = made(part, table.double)
    scored = made.pool(interest_scores(mixture, table.double()))
    for b in range(2):
        pi = shares(gate, part, b)
        exp = [[math.exp(float(m @ e)) for e in table.double()] for m in part.vectors[b]]
        for i in range(10):  # padding is no item
            p = sum(w * row[i] / sum(row[1:]) for w, row in zip(pi, exp, strict=True))
            assert scored[b, i].item() == pytest.approx(math.log(p), abs=1e-5)
        assert mixture.weight[b].tolist() == pytest.approx(pi, abs=1e-6)


def shares(gate, found, b):
    """softmax_k(<v, tanh(W m_k + U s + b)>) of row b, in a loop."""
    W, U, v = gate.hidden.weight, gate.of_history.weight, gate.energy.weight[0]
    odds = [
        math.exp(float(v @ torch.tanh(W @ m + gate.hidden.bias + U @ found.summary[b])))
        for m in found.vectors[b]
    ]
    return [o / sum(odds) for o in odds]


def test_a_mixture_in_training_gives_the_weights_of_its_gate_alone():
    found, gate = interests(torch.randn(2, 3, 4)), Gate(4, 5, True, LogSumExp(1.0))
    weight = MixtureOfSoftmaxes(gate)(found, lambda: torch.randn(10, 4)).log_weight
    torch.testing.assert_close(weight, gate(found, torch.Tensor).log_weight)


@torch.no_grad()
def test_a_gate_that_sees_the_history_gives_other_weights_after_another_history():
    found, gate = interests(torch.randn(1, 3, 4)), Gate(4, 5, True, Maximum())
    after_another = replace(found, summary=found.summary + 1)
    assert not torch.allclose(
        gate(found, torch.Tensor).weight, gate(after_another, torch.Tensor).weight
    )


@torch.no_grad()
def test_a_scaled_interest_scores_by_its_weight_times_the_number_of_interests():
    gate = Gate(4, 5, True, Maximum()).double()
    found, table = interests(torch.randn(2, 3, 4)), torch.randn(10, 4).double()
    part = replace(found, vectors=found.vectors.double(), summary=found.summary.double())
    made = Scaled(gate)
    mixture = made(part, lambda: table)
    scored = made.pool(interest_scores(mixture, table))
    for b in range(2):
        g = shares(gate, part, b)
        assert mixture.weight[b].tolist() == pytest.approx(g, abs=1e-6)
        for i, e in enumerate(table):
            best = max(3 * w * float(m @ e) for w, m in zip(g, part.vectors[b], strict=True))
            assert scored[b, i].item() == pytest.approx(best, rel=1e-5)


def test_every_loss_trains_the_weights_of_scaled_interests():
    gate = Gate(4, 5, True, Maximum())
    Scaled(gate)(interests(torch.randn(2, 3, 4)), torch.Tensor).vectors.sum().backward()
    gradients = [weight.grad for weight in gate.parameters()]
    assert all(grad is not None and grad.abs().sum() > 0 for grad in gradients)


def test_weighted_interests_are_one_vector_near_what_the_history_predicts():
    K, L = 3, 4
    found = interests(torch.randn(2, K, 5), torch.rand(2, K, L).softmax(2))
    made = Weighted(0.5)(found, lambda: torch.empty(0, 5))
    for b, user in enumerate(found.vectors.double()):
        summary = found.summary[b].double()
        cosine = [float(m @ summary / m.norm() / summary.norm()) for m in user]
        odds = [math.exp(c / 0.5) for c in cosine]
        vector = sum(o / sum(odds) * m for o, m in zip(odds, user, strict=True))
        routing = [sum(odds[k] / sum(odds) * float(found.routing[b, k, t]) for k in range(K))
                   for t in range(L)]  # fmt: skip
        assert made.vectors[b].flatten().tolist() == pytest.approx(vector.tolist(), abs=1e-6)
        assert made.routing[b].flatten().tolist() == pytest.approx(routing, abs=1e-6)
    assert made.log_weight.shape == (2, 1) and not made.log_weight.any()


def test_weights_of_no_temperature_are_refused():
    with pytest.raises(Mistake, match="temperature must be above 0, got 0"):
        Weighted(0.0)


@pytest.mark.parametrize("pooling", [Maximum(), LogSumExp(1.0)])
def test_a_gate_adds_its_log_to_each_score_of_its_interest(pooling):
    gate, vectors, table = Gate(4, 3, False, pooling), torch.randn(2, 3, 4), torch.randn(5, 4)
    torch.nn.init.normal_(gate.requires_grad_(False).hidden.bias)
    W, b = gate.hidden.weight.double(), gate.hidden.bias.double()
    found = scores(gate, vectors, table)
    for row, user in enumerate(vectors.double()):
        odds = [math.exp(float(gate.energy.weight.double() @ torch.tanh(W @ m + b))) for m in user]
        for i, item in enumerate(table.double()):
            parts = [
                math.exp(float(m @ item)) * o / sum(odds) for m, o in zip(user, odds, strict=True)
            ]
            joint = max(parts) if isinstance(pooling, Maximum) else sum(parts)
            assert found[row, i].item() == pytest.approx(math.log(joint), abs=1e-5)


@pytest.mark.parametrize("pooling", [Maximum(), LogSumExp(1.0)])
def test_an_activation_is_a_sigmoid_for_each_interest_whose_log_is_added(pooling):
    made, found = (
        Activation(4, 5, pooling).double().requires_grad_(False),
        interests(torch.randn(2, 3, 4)),
    )
    part = replace(found, vectors=found.vectors.double(), summary=found.summary.double())
    table = torch.randn(6, 4).double()
    mixture = made(part, lambda: table)
    scored = made.pool(interest_scores(mixture, table))
    W, U = made.of_interest.weight, made.of_history.weight
    for b in range(2):
        hidden = [W @ m + made.of_interest.bias + U @ part.summary[b] for m in part.vectors[b]]
        energy = [float(made.energy.weight[0] @ h.tanh() + made.energy.bias) for h in hidden]
        a = [1 / (1 + math.exp(-x)) for x in energy]
        assert mixture.log_weight[b].exp().tolist() == pytest.approx(a, rel=1e-5)
        for i, e in enumerate(table):
            parts = [math.exp(float(m @ e)) * x for m, x in zip(part.vectors[b], a, strict=True)]
            joint = max(parts) if isinstance(pooling, Maximum) else sum(parts)
            assert scored[b, i].item() == pytest.approx(math.log(joint), abs=1e-5)


def test_an_activation_gives_the_interests_no_gradient():
    found = interests(torch.randn(2, 3, 4).requires_grad_())
    found.summary.requires_grad_()
    Activation(4, 5, Maximum())(found, lambda: torch.randn(6, 4)).log_weight.sum().backward()
    assert found.vectors.grad is None and found.summary.grad is not None


def test_the_winner_is_the_interest_with_the_highest_gated_score():
    equal = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    mixture = mixture_of(equal, torch.tensor([[0.2, 0.8]]).log())
    assert winners(mixture, torch.tensor([[[0.5, 0.5]]])).tolist() == [[1]]


def test_full_softmax_of_gated_interests_counts_every_item_through_the_gates():
    vectors, log_g = torch.randn(2, 1, 3, 4), torch.randn(2, 1, 3).log_softmax(2)
    table = torch.randn(9, 4)
    items = replace(candidates(2, 0), target=table[[2, 7]], table=lambda: table)
    found = nll_of(FullSoftmax(0.0, 4, 64), vectors, items, log_g)
    for b, target in enumerate((2, 7)):
        parts = [(m, g.exp()) for m, g in zip(vectors[b, 0].double(), log_g[b, 0], strict=True)]
        exp_s = [sum(math.exp(float(m @ e)) * g.item() for m, g in parts) for e in table.double()]
        expected = math.log(sum(exp_s)) - math.log(exp_s[target])
        assert found[b].item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "make", [lambda: Gate(4, 0, False, Maximum()), lambda: Activation(4, 0, Maximum())]
)
def test_a_gate_without_a_hidden_layer_is_refused(make):
    with pytest.raises(Mistake, match="hidden must be at least 1, got 0"):
        make()
