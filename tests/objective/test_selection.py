"""Every option of conf/selection, and in what proportion each chooses."""

import math

import pytest
import torch
from scipy.optimize import linear_sum_assignment

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.objective.selection import annealed, linear, soft
from bam.objective.selection.exact import Exact
from bam.objective.selection.exclusive import Exclusive
from bam.objective.selection.hard import Hard
from bam.objective.selection.label_aware import LabelAware
from bam.objective.selection.sinkhorn import Sinkhorn
from tests.broken.selection import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import selection as contract


def choose(selection, vectors, target):
    """For targets that each have another history."""
    return selection(vectors, target, torch.arange(len(target)))


@pytest.fixture(params=options("selection"))
def selection(request, configured):
    return build(
        configured(f"selection={request.param}", f"dim={contract.DIM}")["selection"], "selection"
    )


@pytest.mark.parametrize("check", checks(contract))
def test_every_selection_keeps_the_contract(selection, check):
    check(selection)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_selection_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, broken) == rules


def test_hard_selection_takes_the_interest_closest_to_the_target():
    vectors = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]])
    assert choose(Hard(), vectors, torch.tensor([[0.1, 0.9]])).interest.tolist() == [[1]]
    assert choose(Hard(), vectors, torch.tensor([[-0.9, 0.1]])).interest.tolist() == [[2]]


@pytest.mark.parametrize("tau", [0.5, 1.0, 3.0])
def test_soft_draws_in_proportion_to_exp_of_tau_times_the_correlation(tau):
    vectors = torch.tensor([[[1.0], [0.0], [-0.5]]]).expand(60_000, -1, -1)
    drawn = choose(soft.drawn(tau), vectors, torch.ones(60_000, 1)).interest[:, 0]
    share = torch.bincount(drawn, minlength=3) / len(drawn)
    expected = (tau * torch.tensor([1.0, 0.0, -0.5])).softmax(0)
    torch.testing.assert_close(share, expected, atol=0.01, rtol=0)


def test_a_large_tau_is_hard_selection():
    vectors, target = torch.randn(50, 4, 8), torch.randn(50, 8)
    torch.testing.assert_close(
        choose(soft.drawn(1e4), vectors, target).interest, choose(Hard(), vectors, target).interest
    )


@pytest.mark.parametrize("p", [0.5, 1.0, 2.0, 3.0])
def test_label_aware_attention_is_a_softmax_of_powers_that_keep_their_sign(p):
    vectors, target = torch.randn(5, 3, 4).double(), torch.randn(5, 4).double()
    choice = choose(LabelAware(p), vectors, target)
    assert choice.interest.tolist() == [[0, 1, 2]] * 5
    for m, e, weight in zip(vectors, target, choice.weight, strict=True):
        x = [sum(a * b for a, b in zip(one.tolist(), e.tolist(), strict=True)) for one in m]
        power = [math.exp(math.copysign(abs(v) ** p, v)) for v in x]
        assert weight.tolist() == pytest.approx([v / sum(power) for v in power])


@pytest.mark.parametrize("p", [20.0, 50.0, 1000.0])
@pytest.mark.parametrize(
    ("scores", "best"),
    [([1.5, 1.2, 0.8], 0), ([9.0, 5.0], 0), ([-9.0, -5.0], 1), ([-9.0, 1, 2], 2)],
)
def test_label_aware_attention_of_a_large_power_is_hard(p, scores, best):
    weight = choose(LabelAware(p), torch.tensor([scores]).mT[None], torch.ones(1, 1)).weight
    assert weight.tolist() == [[float(k == best) for k in range(len(scores))]]


def test_label_aware_attention_of_a_small_power_or_of_equal_scores_is_even():
    for p, scores in ((1e-6, [1.5, 1.2, 0.8]), (50.0, [9.0, 9.0, 9.0])):
        weight = choose(LabelAware(p), torch.tensor([scores]).mT[None], torch.ones(1, 1)).weight
        torch.testing.assert_close(weight, torch.full((1, 3), 1 / 3))


@pytest.mark.parametrize(("p", "score"), [(30.0, 20.0), (300.0, 1.0), (300.0, 9.0), (0.5, 0.0)])
def test_label_aware_attention_of_any_power_has_finite_weights_and_gradients(p, score):
    vectors = torch.tensor([[[score], [1.0], [-score]]], requires_grad=True)
    weight = choose(LabelAware(p), vectors, torch.ones(1, 1)).weight
    weight[0, 0].backward()
    assert weight.sum().item() == pytest.approx(1.0) and vectors.grad.isfinite().all()


@pytest.mark.parametrize("p", [0.0, -1.0, float("inf"), float("nan")])
def test_a_power_that_is_not_above_zero_and_finite_is_refused(p):
    with pytest.raises(Mistake, match="p must be above 0 and finite"):
        LabelAware(p)


def test_annealing_takes_tau_from_first_to_last_evenly_in_its_logarithm():
    vectors, target = torch.randn(5, 4, 8), torch.randn(5, 8)
    anneal = annealed.Annealed(first=0.25, last=4.0, steps=2)
    for tau in (0.25, 1.0, 4.0, 4.0):
        torch.testing.assert_close(anneal(vectors, target), tau * soft.Inner()(vectors, target))
    again = annealed.Annealed(first=0.25, last=4.0, steps=8)
    again.load_state_dict(anneal.state_dict())  # goes on from step 4
    torch.testing.assert_close(again(vectors, target), soft.Inner()(vectors, target))
    again.eval()
    assert again(vectors, target).equal(again(vectors, target))


@pytest.mark.parametrize("tau", [0.0, -1.0, float("nan")])
def test_tau_that_is_not_above_zero_is_refused(tau):
    with pytest.raises(Mistake, match="tau must be above 0, got"):
        soft.drawn(tau)


def test_annealing_without_a_tau_or_a_step_is_refused():
    for name, values in (
        ("first", (0.0, 1.0, 1)),
        ("last", (1.0, 0.0, 1)),
        ("steps", (1.0, 1.0, 0)),
    ):
        with pytest.raises(Mistake, match=f"{name} must be"):
            annealed.Annealed(*values)


def nll_of(vectors, target):
    """Some cost of each interest, of no other use."""
    return (vectors - target[:, None]).square().sum(-1)


def test_the_expected_form_weighs_every_interest_by_its_probability():
    vectors, target = torch.randn(5, 4, 8), torch.randn(5, 8)
    choice = choose(soft.expected(2.0), vectors, target)
    p = (2.0 * torch.einsum("bkd,bd->bk", vectors, target)).softmax(1)
    torch.testing.assert_close(choice.weight, p)
    assert choice.interest.tolist() == [[0, 1, 2, 3]] * 5


def test_linear_correlation_equals_equation_nine():
    model, vectors, target = linear.Linear(8, 3), torch.randn(2, 4, 8), torch.randn(2, 8)
    model.requires_grad_(False)
    W1, b1 = model.of_interest.weight, torch.randn(3)
    W2, b2 = model.of_item.weight, torch.randn(3)
    model.of_interest.bias.copy_(b1), model.of_item.bias.copy_(b2)
    found = model(vectors, target)
    for b in range(2):
        for k in range(4):
            expected = float((W1 @ vectors[b, k] + b1) @ (W2 @ target[b] + b2))
            assert found[b, k].item() == pytest.approx(expected, rel=1e-5)


def test_the_gradient_of_draws_is_on_average_the_gradient_of_the_expectation():
    one, draws = torch.randn(1, 3, 8), 40_000
    vectors, target = one.expand(draws, -1, -1), torch.randn(1, 8).expand(draws, -1)
    layers, cost = linear.drawn(1.0, 8, 4), nll_of(vectors, target)
    choice = choose(layers, vectors, target)
    (choice.weight * cost.gather(1, choice.interest)).mean().backward()
    drawn = layers.correlation.of_item.weight.grad.clone()
    layers.zero_grad()
    mean = choose(soft.Expected(1.0, layers.correlation), one, target[:1])
    (mean.weight * cost[:1]).sum().backward()
    exact = layers.correlation.of_item.weight.grad
    assert (drawn - exact).norm() < 0.1 * exact.norm()


def test_a_draw_gives_interests_and_items_no_gradient():
    vectors = torch.randn(5, 4, 8, requires_grad=True)
    target = torch.randn(5, 8, requires_grad=True)
    assert not choose(soft.drawn(1.0), vectors, target).weight.requires_grad
    choose(linear.drawn(1.0, 8, 4), vectors, target).weight.sum().backward()
    assert vectors.grad is None and target.grad is None


def test_linear_size_below_one_is_refused():
    with pytest.raises(Mistake, match="linear_size must be at least 1, got 0"):
        linear.drawn(1.0, 8, 0)


@pytest.mark.parametrize("interests", [1, 2, 4, 7])
def test_the_exact_assignment_is_that_of_the_hungarian_method(interests):
    scores = torch.randn(40, interests, interests)
    size = torch.randint(1, interests + 1, (40,))
    found = Exact(interests)(scores, torch.arange(interests) < size[:, None])
    for some, interest, n in zip(scores, found.tolist(), size.tolist(), strict=True):
        _, expected = linear_sum_assignment(some[:n], maximize=True)
        assert interest[:n] == expected.tolist()


@pytest.mark.parametrize("interests", [1, 3, 6])
def test_the_assignment_of_sinkhorn_is_the_exact_one_where_the_scores_are_clear(interests):
    order = torch.rand(50, interests).argsort(1)
    scores = torch.rand(50, interests, interests)
    scores.scatter_add_(2, order[..., None], torch.full_like(order[..., None], 2.0).float())
    real = torch.arange(interests) < torch.randint(1, interests + 1, (50, 1))
    scores = scores.masked_fill(~real[..., None], 0)
    found, expected = Sinkhorn(0.2, 20)(scores, real), Exact(interests)(scores, real)
    assert found[real].tolist() == expected[real].tolist()


def test_sinkhorn_scales_rows_and_columns_in_turn_and_pairs_the_largest_share_first():
    scores, temperature = torch.randn(1, 3, 3), 0.5
    p = [[math.exp(float(s) / temperature) for s in row] for row in scores[0].double()]
    for _ in range(2):
        p = [[x / sum(row) for x in row] for row in p]
        sums = [sum(column) for column in zip(*p, strict=True)]
        p = [[x / total for x, total in zip(row, sums, strict=True)] for row in p]
    left, expected = {(t, k) for t in range(3) for k in range(3)}, [0, 0, 0]
    while left:
        row, column = max(left, key=lambda pair: p[pair[0]][pair[1]])
        expected[row] = column
        left = {(t, k) for t, k in left if t != row and k != column}
    assert Sinkhorn(temperature, 2)(scores, torch.ones(1, 3).bool()).tolist() == [expected]


@pytest.mark.parametrize("method", [Exact(3), Sinkhorn(0.1, 20)])
def test_targets_of_one_history_get_different_interests(method):
    vectors = torch.tensor([[1.0, 0.0], [0.9, 0.0], [0.0, 1.0]]).expand(4, -1, -1)
    target = torch.tensor([[1.0, 0.0], [2.0, 0.0], [1.0, 0.1], [1.0, 0.0]])
    choice = Exclusive(method)(vectors, target, torch.tensor([5, 5, 5, 9]))
    assert sorted(choice.interest[:3, 0].tolist()) == [0, 1, 2]
    assert choice.interest[1, 0] == 0 and choice.interest[3, 0] == 0
    assert choice.weight.tolist() == [[1.0]] * 4


def test_a_history_of_more_targets_than_interests_is_assigned_some_at_a_time():
    vectors, target = torch.randn(1, 3, 8).expand(8, -1, -1), torch.randn(8, 8)
    found = Exclusive(Exact(3))(vectors, target, torch.zeros(8).long()).interest[:, 0]
    for part in range(0, 8, 3):
        some = slice(part, part + 3)
        alone = Exclusive(Exact(3))(
            vectors[some], target[some], torch.zeros(3)[: len(target[some])].long()
        )
        assert found[some].tolist() == alone.interest[:, 0].tolist()
        assert len(set(found[some].tolist())) == len(found[some])


def test_one_target_a_history_is_hard_selection():
    vectors, target = torch.randn(20, 4, 8), torch.randn(20, 8)
    expected = choose(Hard(), vectors, target).interest.tolist()
    for method in (Exact(4), Sinkhorn(0.1, 20)):
        assert choose(Exclusive(method), vectors, target).interest.tolist() == expected


def test_an_assignment_gives_no_gradient():
    vectors = torch.randn(5, 3, 8, requires_grad=True)
    choice = Exclusive(Exact(3))(vectors, torch.randn(5, 8), torch.zeros(5).long())
    assert not choice.weight.requires_grad


def test_targets_are_assigned_under_autocast():
    vectors, target, place = torch.randn(6, 3, 8), torch.randn(6, 8), torch.arange(6) // 3
    expected = Exclusive(Exact(3))(vectors, target, place).interest
    with torch.autocast("cpu", torch.bfloat16):
        choice = Exclusive(Exact(3))(vectors, target, place)
    assert choice.interest.equal(expected) and choice.weight.dtype == torch.float32


def test_an_assignment_without_a_temperature_or_of_too_many_interests_is_refused():
    with pytest.raises(Mistake, match="temperature must be above 0, got 0"):
        Sinkhorn(0.0, 20)
    with pytest.raises(Mistake, match="iterations must be at least 1, got 0"):
        Sinkhorn(0.1, 0)
    with pytest.raises(Mistake, match="num_interests must be at most 10; selection=exclusive_sin"):
        Exact(11)
