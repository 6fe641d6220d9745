"""The equation of each term of conf/regularisation, in float64 loops."""

import math
from dataclasses import replace

import pytest
import torch

from bam.config.instantiate import components
from bam.errors import Mistake
from bam.objective.regularisation.decorrelation import Decorrelation
from bam.objective.regularisation.load_balance import LoadBalance
from bam.objective.regularisation.pairwise_cosine import PairwiseCosine
from bam.objective.regularisation.routing import Routing
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


def test_values_out_of_range_are_refused():
    with pytest.raises(Mistake, match=r"margin must be in \[-1, 1\), got 1.0"):
        PairwiseCosine(1.0, 1.0)
    with pytest.raises(Mistake, match="tau must be above 0, got"):
        LoadBalance(1.0, 0.0)


def test_pairwise_cosine_of_two_interests_is_that_of_their_one_pair():
    alike = made(torch.ones(1, 2, 3), candidates(1, 5))
    assert PairwiseCosine(1.0, -1.0)(alike).item() == pytest.approx(2)
