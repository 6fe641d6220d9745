"""The terms that look at the items of a history (Re4, CMI), and DESMIL's, in float64 loops."""

import math
import re
from dataclasses import replace

import pytest
import torch

from bam.config.instantiate import component
from bam.errors import Mistake
from bam.objective.item_weights import routing
from bam.objective.regularisation.independence import Independence
from bam.objective.regularisation.orthogonality import Orthogonality
from bam.objective.regularisation.re_attend import ReAttend
from bam.objective.regularisation.re_construct import ReConstruct
from bam.objective.regularisation.re_contrast import ReContrast
from bam.objective.regularisation.usage import Usage
from bam.objective.regularisation.view_contrast import ViewContrast
from bam.objective.views import draw_view
from bam.records import Interests, Mixture
from tests.conftest import options
from tests.histories import histories, prediction, with_padding
from tests.objective import example

B, K, L, D = 3, 2, 4, 6


@pytest.fixture
def made():
    """Interests of histories of four items and two places of padding; the routing is no mean."""
    routing = torch.rand(B, K, L) ** 2
    whole = prediction(
        torch.randn(B, K, D), example.candidates(B, dim=D), routing, items=torch.randn(B, L, D)
    )
    return with_padding(whole, 2)


def softmax(values):
    total = sum(math.exp(value) for value in values)
    return [math.exp(value) / total for value in values]


def cosine(x, y):
    return float(x @ y / (x.norm() * y.norm()))


def users(made):
    """Interests [K D], items [L D] and weights of items [K L] of each user, in float64."""
    routing = made.mixture.routing[:, :, :L].double()
    weights = routing / routing.sum(2, keepdim=True)
    items = made.histories.items[:, :L].double()
    return list(zip(made.interests.vectors.double(), items, weights, strict=True))


def test_re_attend_is_the_cross_entropy_of_the_scores_and_the_attention(made):
    expected = 0.0
    for interests, items, weights in users(made):
        for k in range(K):
            attends = softmax([float(interests[k] @ item) for item in items])
            expected -= sum(
                q * math.log(a) for q, a in zip(attends, weights[k].tolist(), strict=True)
            )
    assert ReAttend(2.0)(made).item() == pytest.approx(2 * expected / (B * K), rel=1e-5)


def test_re_contrast_is_the_info_nce_of_an_interest_and_its_items(made):
    tau, expected, all_users = 0.5, 0.0, users(made)
    for interests, items, weights in all_users:
        for k in range(K):
            own = [t for t in range(L) if weights[k, t] > 1 / L]
            negative = [items[t] for t in range(L) if t not in own]
            negative += [interests[j] for j in range(K) if j != k]
            below = sum(math.exp(cosine(interests[k], x) / tau) for x in negative)
            below += sum(
                L / B * math.exp(cosine(interests[k], others[-1]) / tau)
                for _, others, _ in all_users
            )
            for t in own:
                above = math.exp(cosine(interests[k], items[t]) / tau)
                expected -= math.log(above / (above + below)) / len(own)
    assert ReContrast(2.0, tau)(made).item() == pytest.approx(2 * expected / (B * K), rel=1e-5)


def test_re_construct_is_the_squared_error_of_the_decoded_items_of_an_interest(made):
    term, expected = ReConstruct(2.0, D, history_length=7).requires_grad_(False), 0.0
    decode, attention = term.decode.double(), term.attention.double()
    W, V = term.hidden.weight.double(), term.value.weight.double()
    for interests, items, weights in users(made):
        for k in range(K):
            placed = [decode[j] @ interests[k] for j in range(L)]
            own = [t for t in range(L) if weights[k, t] > 1 / L]
            for t in own:
                share = softmax([float(attention[t] @ (W @ u).tanh()) for u in placed])
                rebuilt = V @ sum(s * u for s, u in zip(share, placed, strict=True))
                expected += float((rebuilt - items[t]).square().mean()) / len(own)
    assert term(made).item() == pytest.approx(2 * expected / (B * K), rel=1e-5)


def test_an_interest_that_weighs_all_items_alike_has_no_items(made):
    made.mixture.routing[:] = made.histories.real[:, None].float() / L
    assert ReContrast(1.0, 0.5)(made) == 0
    assert ReConstruct(1.0, D, 7)(made) == 0


@pytest.mark.parametrize("term", [ReAttend(1.0), ReContrast(1.0, 0.5), ReConstruct(1.0, D, 7)])
def test_the_items_of_an_interest_are_those_of_the_backbone_where_one_vector_scores(made, term):
    joint = Mixture(*(part[:, :1] for part in vars(made.mixture).values()))
    assert term(replace(made, mixture=joint)).equal(term(made))


@pytest.mark.parametrize("term", [ReAttend(1.0), ReContrast(1.0, 0.5), ReConstruct(1.0, D, 7)])
def test_a_history_with_several_targets_is_refused(made, term):
    twice = Interests(*(torch.cat([part, part]) for part in vars(made.interests).values()))
    with pytest.raises(Mistake, match="needs one target a history: sampling=one_position"):
        term(replace(made, interests=twice))


@pytest.mark.parametrize("term", [ReAttend(1.0), ReContrast(1.0, 0.5), ReConstruct(1.0, D, 7)])
def test_a_backbone_that_does_not_share_out_the_history_is_refused(term):
    unrouted = prediction(torch.randn(B, K, D), example.candidates(B, dim=D))
    with pytest.raises(Mistake, match=r"regularisation=re_.* needs a backbone that shares out"):
        term(unrouted)


def test_orthogonality_is_the_mean_square_of_cosines_less_the_identity(made):
    shared = made.backbone.prototypes.detach().double()
    expected = sum(
        (cosine(shared[i], shared[j]) - (i == j)) ** 2 for i in range(K) for j in range(K)
    )
    assert Orthogonality(2.0)(made).item() == pytest.approx(2 * expected / K**2, rel=1e-5)


def test_usage_is_the_relative_deviation_of_what_prototypes_get(made):
    tau, shared, total = 0.5, made.backbone.prototypes.detach().double(), [0.0] * K
    for _, items, _ in users(made):
        for item in items:
            share = softmax([cosine(item, c) / tau for c in shared])
            total = [a + b for a, b in zip(total, share, strict=True)]
    mean = sum(total) / K
    deviation = math.sqrt(sum((x - mean) ** 2 for x in total) / (K - 1))
    assert Usage(2.0, tau)(made).item() == pytest.approx(2 * deviation / mean, rel=1e-4)


@pytest.mark.parametrize("term", [Orthogonality(1.0), Usage(1.0, 0.5)])
def test_a_backbone_without_prototypes_is_refused(made, term):
    del made.backbone.prototypes
    with pytest.raises(Mistake, match="needs a backbone with prototypes: sine, global_interests"):
        term(made)


def test_the_routing_is_in_float32_also_where_the_backbone_has_less(made):
    halved = replace(made.interests, routing=made.interests.routing.bfloat16())
    found = routing(replace(made, interests=halved), "routing")
    assert found.dtype == torch.float32


def test_a_history_with_several_targets_has_a_routing(made):
    twice = Interests(*(torch.cat([part, part]) for part in vars(made.interests).values()))
    assert len(routing(replace(made, interests=twice), "routing")) == 2 * B


@pytest.mark.parametrize("name", options("backbone"))
def test_the_backbones_that_share_out_the_history_are_named_where_another_is_refused(
    made, small, name
):
    config = small(f"backbone={name}")
    met = histories(torch.randn(1, L, config["dim"]), torch.ones(1, L, dtype=torch.bool))
    found = component(config["backbone"], "backbone")(met)
    unrouted = Interests.unrouted(made.interests.vectors, made.interests.summary)
    with pytest.raises(Mistake) as refused:
        routing(replace(made, interests=unrouted), "re_attend")
    is_named = name in re.findall(r"\w+", str(refused.value))
    assert is_named == (
        found.routing.shape[2] > 0 and name != "clusters"
    )  # nothing trains clusters


@pytest.mark.parametrize("batch_size", [B, 2 * B])
def test_view_contrast_is_the_info_nce_of_the_interests_of_two_views(made, batch_size):
    tau, expected = 0.5, 0.0
    term = ViewContrast(2.0, tau, 0.5, 6, batch_size)
    torch.manual_seed(1)
    found = term(made)
    torch.manual_seed(1)
    first, second = (made.backbone(draw_view(made.histories, 0.5, 6)) for _ in range(2))
    pair = [view.vectors.detach().double().flatten(0, 1) for view in (first, second)]
    for one, other in (pair, pair[::-1]):
        for i in range(B * K):
            scores = [math.exp(cosine(one[i], x) / tau) for x in other]
            expected -= math.log(scores[i] / (sum(scores) * batch_size / B))
    assert found.item() == pytest.approx(2 * expected / (B * K), rel=1e-5)


def test_the_views_of_a_history_are_its_items_cropped_masked_or_in_another_order(made):
    ways, lengths = set(), {}
    for _ in range(60):
        view = draw_view(made.histories, 0.5, 6)
        for ids, items, real, before in zip(
            view.ids.tolist(), view.items, view.real.tolist(), made.histories.items, strict=True
        ):
            left = sum(real)
            assert real == [True] * left + [False] * (6 - left) and ids[left:] == [0] * (6 - left)
            assert not items[left:].any()
            for place, item in enumerate(ids[:left]):
                assert torch.equal(items[place], before[item - 1])
            assert len(set(ids[:left])) == left >= 1
        way = "order" if ids[:left] != sorted(ids[:left]) else "part" if left < L else "same"
        ways.add(way)
        lengths.setdefault(way, set()).add(left)
    assert ways == {"order", "part", "same"}  # a shuffled piece may keep its order
    assert lengths["order"] == {L} and lengths["part"] >= {1, 2, 3}


def test_a_view_takes_the_times_of_its_items_along(made):
    timed = replace(made.histories, times=made.histories.ids * 10)
    for _ in range(20):
        view = draw_view(timed, 0.5, 6)
        assert torch.equal(view.times * view.real, view.ids * 10)


def test_independence_is_the_hsic_of_pairs_of_interests(made):
    """By the definition with the kernel of the features, (1 / B^2) trace(K_i H K_j H)."""
    vectors = torch.randn(B, 3, D)
    whole = prediction(vectors, example.candidates(B, dim=D))
    term, expected = Independence(2.0, D, features=5, width=0.7), 0.0
    centring = torch.eye(B).double() - 1 / B

    def kernel(k):
        found = torch.zeros(B, B, dtype=torch.float64)
        for b in range(B):
            for c in range(B):
                for w, shift in zip(term.frequency.double(), term.phase.double(), strict=True):
                    x, y = (v[k].double() / v[k].double().norm() for v in (vectors[b], vectors[c]))
                    found[b, c] += 2 / 5 * float((w @ x + shift).cos() * (w @ y + shift).cos())
        return found

    for i, j in ((0, 1), (0, 2), (1, 2)):
        product = kernel(i) @ centring @ kernel(j) @ centring
        expected += float(product.diagonal().sum()) / B**2 / 3
    assert term(whole).item() == pytest.approx(2 * expected, rel=1e-4)


def test_the_features_of_independence_make_a_gaussian_kernel():
    term, width = Independence(1.0, D, features=20_000, width=0.7), 0.7
    x, y = torch.nn.functional.normalize(torch.randn(2, D), dim=-1)
    features = [(term.frequency @ v + term.phase).cos() * (2 / 20_000) ** 0.5 for v in (x, y)]
    expected = math.exp(-float((x - y).square().sum()) / (2 * width**2))
    assert float(features[0] @ features[1]) == pytest.approx(expected, abs=0.03)


def test_interests_that_vary_together_cost_more_than_those_that_do_not():
    one, other = torch.randn(2, 200, 1, D)
    items = example.candidates(200, dim=D)
    term = Independence(1.0, D, features=64, width=1.0)
    together = term(prediction(torch.cat([one, one], 1), items))
    apart = term(prediction(torch.cat([one, other], 1), items))
    assert together > 3 * apart


def test_values_out_of_range_are_refused():
    for make, rule in (
        (lambda: ReContrast(1.0, 0.0), "temperature must be above 0"),
        (lambda: Usage(1.0, 0.0), "temperature must be above 0"),
        (lambda: ViewContrast(1.0, 0.0, 0.5, 6, B), "temperature must be above 0"),
        (lambda: ViewContrast(1.0, 0.1, 1.0, 6, B), "changed must be above 0 and below 1"),
        (lambda: Independence(1.0, D, 0, 1.0), "features must be at least 1"),
        (lambda: Independence(1.0, D, 4, 0.0), "width must be above 0"),
    ):
        with pytest.raises(Mistake, match=rule):
            make()
