"""The equation of each term of conf/regularisation, in float64 loops."""

import math
from dataclasses import replace

import pytest
import torch

from bam.config.instantiate import components
from bam.errors import Mistake
from bam.model.aggregation.weighted import Weighted
from bam.objective.regularisation.activation import Activation
from bam.objective.regularisation.decorrelation import Decorrelation
from bam.objective.regularisation.foreseen import Foreseen
from bam.objective.regularisation.interest_margin import InterestMargin
from bam.objective.regularisation.load_balance import LoadBalance
from bam.objective.regularisation.pairwise_cosine import PairwiseCosine
from bam.objective.regularisation.routing import Routing
from bam.records import Choice, Mixture
from tests.broken.regularisation import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import regularisation as contract
from tests.histories import of_rows, prediction
from tests.objective import example


def candidates(batch, dim):
    return example.candidates(batch, dim=dim)


def items_of(target):
    return replace(candidates(*target.shape), target=target)


def made(vectors, items):
    return prediction(vectors, items, torch.rand(*vectors.shape[:2], 2).softmax(-1))


@pytest.mark.parametrize("name", options("regularisation"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_regularisation_keeps_the_contract(configured, name, check):
    def make(weight):
        config = configured(
            "backbone=comirec_sa", f"regularisation=[{name}]",
            f"regularisation.{name}.weight={weight}",
            f"dim={contract.D}", f"batch_size={contract.B}", f"history_length={contract.L}",
        )  # fmt: skip
        (term,) = components(config["regularisation"], "regularisation").values()
        return term

    check(make)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_regularisation_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


@pytest.mark.parametrize("width", [3, 5])
def test_routing_regularisation_equals_the_equation_over_all_positions(width):
    """A batch cut to its longest history costs the same as one padded to L = 5."""
    B, K, L, D = 2, 3, 5, 8
    routing = torch.zeros(B, K, width)
    routing[..., :3] = torch.rand(B, K, 3).softmax(-1)
    whole = torch.zeros(B, K, L, dtype=torch.float64)
    whole[..., :width] = routing
    expected = 0.0
    for a in whole:
        centred = a - a.mean(1, keepdim=True)
        expected += float((centred @ centred.T / D).diagonal().square().sum())
    found = prediction(torch.zeros(B, K, D), candidates(B, D), routing)
    loss = Routing(weight=100.0, dim=D, history_length=L, batch_size=B)(found)
    assert loss.item() == pytest.approx(100 * expected, rel=1e-4)


@pytest.mark.parametrize("margin", [-1.0, 0.0, 0.3])
def test_pairwise_cosine_is_the_mean_excess_over_pairs_of_interests(margin):
    vectors, expected = torch.randn(4, 3, 5), 0.0
    for user in vectors.double():
        for i, j in ((0, 1), (0, 2), (1, 2)):
            cosine = float(user[i] @ user[j] / (user[i].norm() * user[j].norm()))
            expected += max(0.0, cosine - margin) / (4 * 3)
    found = PairwiseCosine(2.0, margin)(made(vectors, candidates(4, 5)))
    assert found.item() == pytest.approx(2 * expected, rel=1e-5)


def test_pairwise_cosine_of_orthogonal_interests_or_of_one_is_zero():
    term, apart = PairwiseCosine(1.0, 0.0), torch.eye(3)[None]
    assert term(made(apart, candidates(1, 3))) == 0
    assert term(made(torch.randn(4, 1, 3), candidates(4, 3))) == 0


def test_load_balance_is_log_k_minus_the_entropy_of_the_mean_choice():
    vectors, items, tau = torch.randn(5, 3, 4), candidates(5, 4), 0.7
    mean = [0.0] * 3
    for user, target in zip(vectors.double(), items.target.double(), strict=True):
        odds = [math.exp(tau * float(m @ target)) for m in user]
        mean = [p + o / sum(odds) / 5 for p, o in zip(mean, odds, strict=True)]
    expected = math.log(3) + sum(p * math.log(p) for p in mean)
    found = LoadBalance(2.0, tau)(made(vectors, items))
    assert found.item() == pytest.approx(2 * expected, rel=1e-4)


def test_targets_that_each_choose_another_interest_cost_nothing():
    items = items_of(100 * torch.eye(2))
    both = torch.eye(2).expand(2, -1, -1)
    assert LoadBalance(1.0, 1.0)(made(both, items)).item() == pytest.approx(0, abs=1e-6)
    one = torch.tensor([[1.0, 1.0], [-1.0, -1.0]]).expand(2, -1, -1)
    assert LoadBalance(1.0, 1.0)(made(one, items)).item() == pytest.approx(math.log(2))


def test_an_interest_that_no_target_chooses_has_a_finite_gradient():
    vectors = torch.tensor([[[1000.0, 0.0], [-1000.0, 0.0]]], requires_grad=True)
    items = candidates(1, 2)
    items.target[:] = torch.tensor([1.0, 0.0])
    LoadBalance(1.0, 1.0)(made(vectors, items)).backward()
    assert vectors.grad is not None and bool(vectors.grad.isfinite().all())


def test_a_step_towards_balance_raises_the_score_of_the_least_chosen_interest():
    vectors = torch.tensor([[[2.0, 0.0], [1.0, 0.0]]], requires_grad=True)
    items = candidates(1, 2)
    items.target[:] = torch.tensor([1.0, 0.0])
    LoadBalance(1.0, 1.0)(made(vectors, items)).backward()
    assert vectors.grad is not None
    assert vectors.grad[0, 0, 0] > 0 > vectors.grad[0, 1, 0]  # descent goes the other way


@pytest.mark.parametrize("name", ["routing", "pairwise_cosine", "re_attend", "re_construct"])
def test_halves_of_a_batch_cost_on_average_what_the_whole_costs(small, name):
    """So the gradients of two processes, averaged, are those of one."""
    config = small("backbone=comirec_sa", f"regularisation=[{name}]")
    (term,) = components(config["regularisation"], "regularisation").values()
    whole = made(torch.randn(6, 3, 8), candidates(6, 8))
    parts = [term(of_rows(whole, torch.arange(first, first + 3))) for first in (0, 3)]
    torch.testing.assert_close(sum(parts) / 2, term(whole))


@pytest.mark.parametrize("name", options("regularisation"))
def test_a_term_trains_where_one_vector_of_all_interests_scores_or_it_is_refused_there(small, name):
    config = small("backbone=comirec_sa", f"regularisation=[{name}]")
    (term,) = components(config["regularisation"], "regularisation").values()
    if getattr(term, "compares_interests", False) or getattr(term, "trains_gate", False):
        return  # see tests/experiment/test_gate.py
    vectors = torch.randn(6, 3, 8, requires_grad=True)
    routing = torch.rand(6, 3, 4).softmax(-1).requires_grad_()
    whole = prediction(vectors, candidates(6, 8), routing)
    one = Weighted(0.1)(whole.interests, lambda: vectors[0])
    term(replace(whole, mixture=one)).backward()
    gradients = [leaf.grad for leaf in (vectors, routing, *whole.backbone.parameters())]
    assert any(gradient is not None and gradient.any() for gradient in gradients)


def shared(prototypes):
    """What a model whose backbone has these prototypes has made."""
    backbone = torch.nn.Module()
    backbone.register_parameter("prototypes", torch.nn.Parameter(prototypes))
    B, K, D = 2, 3, prototypes.shape[1]
    return prediction(torch.randn(B, K, D), candidates(B, D), backbone=backbone)


def test_decorrelation_is_the_squared_covariance_of_different_prototypes():
    prototypes = torch.randn(5, 4)
    centred = [c - c.mean() for c in prototypes.double()]
    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    expected = sum(float(centred[i] @ centred[j] / 4) ** 2 for i, j in pairs) / 2
    found = Decorrelation(3.0)(shared(prototypes))
    assert found.item() == pytest.approx(3 * expected, rel=1e-5)


def test_decorrelation_of_a_backbone_without_prototypes_names_those_that_have_them():
    made = prediction(torch.randn(2, 3, 4), candidates(2, 4), backbone=torch.nn.Identity())
    with pytest.raises(Mistake, match=r"decorrelation needs .*prototypes: sine, global_interests"):
        Decorrelation(1.0)(made)


def test_foreseen_is_the_divergence_of_the_weights_from_what_the_target_chooses():
    vectors, items, T = torch.randn(4, 3, 5), candidates(4, 5), 0.5
    whole, expected = made(vectors, items), 0.0
    for b in range(4):
        m, e = vectors[b].double(), items.target[b].double()
        wants = [math.exp(float(k @ e / (k.norm() * e.norm())) / T) for k in m]
        gives = [float(w) ** (1 / T) for w in whole.mixture.weight[b].double()]
        for p, q in zip(wants, gives, strict=True):
            p, q = p / sum(wants), q / sum(gives)
            expected += T**2 * p * math.log(p / q) / 4
    assert Foreseen(2.0, T)(whole).item() == pytest.approx(2 * expected, rel=1e-4)


def test_what_is_foreseen_moves_the_gate_and_neither_the_interests_nor_the_items():
    whole = made(torch.randn(4, 3, 5, requires_grad=True), candidates(4, 5))
    weight = whole.mixture.weight.detach().requires_grad_()
    items = whole.candidates.target.requires_grad_()
    Foreseen(1.0, 0.5)(replace(whole, mixture=replace(whole.mixture, weight=weight))).backward()
    assert weight.grad is not None and weight.grad.abs().sum() > 0
    assert whole.mixture.vectors.grad is None and items.grad is None


def test_a_weight_that_rounds_to_zero_costs_a_finite_number():
    whole = made(torch.randn(1, 2, 5), candidates(1, 5))
    weight = torch.tensor([[1.0, 0.0]], requires_grad=True)
    cost = Foreseen(1.0, 0.1)(replace(whole, mixture=replace(whole.mixture, weight=weight)))
    cost.backward()
    assert cost.isfinite() and weight.grad is not None and weight.grad.isfinite().all()


def test_values_out_of_range_are_refused():
    with pytest.raises(Mistake, match=r"margin must be in \[-1, 1\), got 1.0"):
        PairwiseCosine(1.0, 1.0)
    with pytest.raises(Mistake, match="tau must be above 0, got"):
        LoadBalance(1.0, 0.0)
    with pytest.raises(Mistake, match="margin must be above 0, got"):
        InterestMargin(1.0, 0.0)
    with pytest.raises(Mistake, match="temperature must be above 0, got"):
        Foreseen(1.0, 0.0)


def test_pairwise_cosine_of_two_interests_is_that_of_their_one_pair():
    alike = made(torch.ones(1, 2, 3), candidates(1, 5))
    assert PairwiseCosine(1.0, -1.0)(alike).item() == pytest.approx(2)


def test_an_activation_costs_its_cross_entropy_with_whether_the_history_matched_the_interest():
    whole, a = made(torch.randn(4, 3, 5), candidates(4, 5)), torch.rand(4, 3)
    whole = replace(
        whole,
        mixture=Mixture.gated(whole.interests, a.log()),
        batch=replace(whole.batch, place=torch.tensor([2, 2, 5, 9])),
        choice=Choice(torch.tensor([[0], [2], [1], [1]]), torch.ones(4, 1)),
    )
    matched = [{0, 2}, {0, 2}, {1}, {1}]
    parts = [
        math.log(x) if k in matched[b] else math.log(1 - x)
        for b, row in enumerate(a.double().tolist())
        for k, x in enumerate(row)
    ]
    assert Activation(3.0)(whole).item() == pytest.approx(-3 * sum(parts) / 12, rel=1e-5)


def test_an_interest_that_is_certainly_active_has_a_finite_cost_and_gradient():
    whole = made(torch.randn(2, 2, 5), candidates(2, 5))
    sure = torch.zeros(2, 2, requires_grad=True)
    mixture = Mixture.gated(whole.interests, sure)
    cost = Activation(1.0)(replace(whole, mixture=mixture))
    cost.backward()
    assert cost.isfinite() and sure.grad is not None and bool(sure.grad.isfinite().all())


def test_interest_margin_is_the_mean_hinge_of_the_other_interests():
    whole, margin = made(torch.randn(4, 3, 5), candidates(4, 5)), 0.8
    own, weight = torch.tensor([[0, 1], [2, 1], [1, 0], [2, 0]]), torch.rand(4, 2)
    expected = 0.0
    for b, user in enumerate(whole.mixture.vectors.double()):
        score = [float(m @ whole.candidates.target[b].double()) for m in user]
        for k, w in zip(own[b].tolist(), weight[b].tolist(), strict=True):
            hinge = [max(0.0, margin - score[k] + score[j]) for j in range(3) if j != k]
            expected += w * sum(hinge) / (4 * 2)
    found = InterestMargin(2.0, margin)(replace(whole, choice=Choice(own, weight)))
    assert found.item() == pytest.approx(2 * expected, rel=1e-5)


def test_an_interest_that_is_above_all_others_by_the_margin_costs_nothing():
    apart = made(torch.tensor([[[3.0, 0.0], [1.0, 5.0]]]), items_of(torch.tensor([[1.0, 0.0]])))
    assert InterestMargin(1.0, 2.0)(apart).item() == 0
    assert InterestMargin(1.0, 2.5)(apart).item() == pytest.approx(0.5)
