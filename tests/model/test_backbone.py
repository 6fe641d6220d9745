"""What every backbone must do, run on every option of conf/backbone."""

import math
from dataclasses import replace

import pytest
import torch

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.evaluation.queries import cosines, distinct_interests
from bam.model.backbone.clusters import Clusters
from bam.model.backbone.comirec_dr import ComiRecDR
from bam.model.backbone.comirec_sa import ComiRecSA
from bam.model.backbone.global_interests import GlobalInterests
from bam.model.backbone.mind import Mind
from bam.model.backbone.octopus import Octopus
from bam.model.backbone.sine import Sine
from bam.model.backbone.transformer import Transformer
from bam.model.bias.none import NoBias
from bam.model.block.standard import Standard
from bam.model.readout.centred import Centred
from bam.model.readout.heads import Heads
from bam.model.readout.offsets import Offsets
from bam.model.readout.state import State
from tests.broken.backbone import DIM, REFUSED
from tests.conftest import options
from tests.contracts import backbone as contract
from tests.contracts import checks, refusing
from tests.contracts.backbone import some
from tests.histories import histories


def some_histories(lengths=(2, 5, 1), dim=8, dtype=torch.float32):
    met = some(lengths, dim)
    return replace(met, items=met.items.to(dtype))


@pytest.mark.parametrize("name", options("backbone"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_backbone_keeps_the_contract(small, name, check):
    config = small(f"backbone={name}")
    check(build(config["backbone"], "backbone").eval(), config["dim"])


@pytest.mark.parametrize("name", ["pimi", "sasrec_buckets", "sasrec_decay"])
@pytest.mark.parametrize("check", checks(contract))
def test_a_backbone_of_times_keeps_the_contract(small, name, check):
    config = small(f"backbone={name}", "intervals=times")
    check(build(config["backbone"], "backbone").eval(), config["dim"])


@pytest.mark.parametrize("name", [name for name in options("readout") if name != "none"])
@pytest.mark.parametrize("check", checks(contract))
def test_a_transformer_with_any_readout_keeps_the_contract(small, name, check):
    interests = 1 if name == "state" else 3
    config = small("backbone=transformer", f"readout={name}", f"num_interests={interests}")
    check(build(config["backbone"], "backbone").eval(), config["dim"])


@pytest.mark.parametrize("backbone", ["bsarec", "ligr", "lru"])
@pytest.mark.parametrize("check", checks(contract))
def test_other_causal_backbones_may_have_several_interests(small, backbone, check):
    config = small(f"backbone={backbone}", "readout=offsets", "num_interests=3")
    check(build(config["backbone"], "backbone").eval(), config["dim"])


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_backbone_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, broken, DIM) == rules


@pytest.mark.parametrize("name", options("backbone"))
def test_one_interest_works(small, name):
    config = small(f"backbone={name}", "num_interests=1")
    backbone = build(config["backbone"], "backbone")
    assert backbone(some_histories(dim=config["dim"])).vectors.shape == (3, 1, config["dim"])


@pytest.mark.parametrize("spread", [0.0, 3.5])
def test_comirec_sa_equals_the_equation_in_loops(spread):
    model = ComiRecSA(4, 2, 5, widening=3, spread=spread).double().requires_grad_(False)
    met = some_histories(dim=4, dtype=torch.float64)
    found, items, real = model(met), met.items, met.real
    W1, W2, P = model.hidden.weight, model.attention.weight, model.position
    for b in range(3):
        kept = range(int(real[b].sum()))
        energy = [
            [float(W2[k] @ torch.tanh(W1 @ (items[b, t] + P[t]))) for t in kept] for k in range(2)
        ]
        for k in range(2):
            share = softmax(energy[k])
            mean = sum(share[t] * items[b, t] for t in kept)
            variance = sum(share[t] * (items[b, t] - mean) ** 2 for t in kept)
            vector = mean + spread * variance.clamp(min=1e-6).sqrt()
            torch.testing.assert_close(found.vectors[b, k], vector)


def test_octopus_equals_the_equation_in_loops():
    model = Octopus(4, 3).double().requires_grad_(False)
    met = some_histories(dim=4, dtype=torch.float64)
    found, h = model(met), model.prototypes
    for b in range(3):
        items = met.items[b, : int(met.real[b].sum())]
        channel = [max(range(3), key=lambda k: float(h[k] @ x / h[k].norm())) for x in items]
        for k in range(3):
            used = k if k in channel else channel[-1]
            mine = [x for x, c in zip(items, channel, strict=True) if c == used]
            share = softmax([float(h[used] @ x) for x in mine])
            vector = sum(a * x for a, x in zip(share, mine, strict=True))
            torch.testing.assert_close(found.vectors[b, k], vector)
            routing = iter(share)
            expected = [next(routing) if c == used else 0.0 for c in channel]
            assert found.routing[b, k, : len(items)].tolist() == pytest.approx(expected)


def test_only_the_channels_with_items_send_queries():
    """Of the others each points as an active one does."""
    model = Octopus(4, 4).requires_grad_(False)
    model.prototypes.copy_(torch.eye(4))
    rows = torch.eye(4)[torch.tensor([[0, 0, 0], [0, 2, 0], [3, 1, 2]])]
    found = model(histories(rows, torch.ones(3, 3, dtype=torch.bool)))
    weight = torch.full((3, 4), 0.25)
    kept, left = distinct_interests(cosines(found.vectors), weight, 0.999)
    assert kept.sum(1).tolist() == [1, 2, 3]
    torch.testing.assert_close(left.sum(1), torch.ones(3))


def squashed(z):
    square = float(z @ z)
    return z * square / (1 + square) / math.sqrt(square + 1e-9)


def softmax(values):
    total = sum(math.exp(value) for value in values)
    return [math.exp(value) / total for value in values]


def routed(votes, logits, rounds, over_history, places):
    """Capsules of one user in loops: votes[k][l], logits[k][l]; only the first places are real."""
    K, L = len(logits), len(logits[0])
    for turn in range(rounds):
        if over_history:
            coupling = [softmax(row) for row in logits]
        else:
            columns = [softmax([logits[k][t] for k in range(K)]) for t in range(L)]
            coupling = [[columns[t][k] for t in range(L)] for k in range(K)]
        capsules = [
            squashed(sum(coupling[k][t] * votes[k][t] for t in range(places))) for k in range(K)
        ]
        if turn < rounds - 1:
            logits = [
                [logits[k][t] + float(capsules[k] @ votes[k][t]) for t in range(L)]
                for k in range(K)
            ]
    return torch.stack(capsules)


@pytest.mark.parametrize("axis", ["interests", "history"])
def test_mind_equals_the_routing_in_loops(axis):
    model = Mind(4, 2, 5, rounds=3, routing_axis=axis, relu_layer=False, adaptive=False)
    model = model.double().eval().requires_grad_(False)
    met = some_histories(dim=4, dtype=torch.float64)
    found, items, real = model(met), met.items, met.real
    for b in range(3):
        vote = [model.bilinear.weight @ e for e in items[b]]
        expected = routed([vote, vote], model.start.tolist(), 3, axis == "history", real[b].sum())
        torch.testing.assert_close(found.vectors[b], expected)


def test_comirec_dr_equals_the_routing_in_loops():
    model = ComiRecDR(4, 2, 5, rounds=3, per_position=True).double().requires_grad_(False)
    met = some_histories(dim=4, dtype=torch.float64)
    found, items, real = model(met), met.items, met.real
    for b in range(3):
        votes = [[model.maps[k, t] @ items[b, t] for t in range(5)] for k in range(2)]
        expected = routed(votes, [[0.0] * 5] * 2, 3, False, real[b].sum())
        torch.testing.assert_close(found.vectors[b], expected)


def attention(energy, head, x):
    """softmax_t <w_h, tanh(W_h x_t)> over the real items of one user."""
    hidden = energy.hidden.unflatten(0, (-1, x.shape[1]))[head]
    return softmax([float(energy.weight[head] @ torch.tanh(hidden @ x_t)) for x_t in x])


def mean(weights, vectors):
    return sum(w * v for w, v in zip(weights, vectors, strict=True))


def test_sine_equals_the_equation_in_loops():
    K = 2
    model = Sine(4, K, 5, num_prototypes=7).double().requires_grad_(False)
    torch.nn.init.normal_(model.norm.weight), torch.nn.init.normal_(model.norm.bias)
    met = some_histories(dim=4, dtype=torch.float64)
    found = model(met)
    for b in range(3):
        T = int(met.real[b].sum())
        x, placed = met.items[b, :T], met.items[b, :T] + model.position[:T]
        z = mean(attention(model.concept, 0, placed), x)
        score = [float(c @ z) for c in model.prototypes]
        best = sorted(range(7), key=lambda p: -score[p])[:K]
        active = [model.prototypes[p] / (1 + math.exp(-score[p])) for p in best]
        normed = [(c - c.mean()) / (c.var(unbiased=False) + 1e-5).sqrt() * model.norm.weight
                  + model.norm.bias for c in active]  # fmt: skip
        query = [model.query.weight @ x_t for x_t in x]
        of_item = [softmax([float(q / q.norm() @ c) for c in normed]) for q in query]
        for k in range(K):
            of_interest = attention(model.attention, k, placed)
            joint = [of_item[t][k] * of_interest[t] for t in range(T)]
            routing = [j / sum(joint) for j in joint]
            vector = mean(routing, x)
            assert found.routing[b, k, :T].tolist() == pytest.approx(routing)
            torch.testing.assert_close(found.vectors[b, k], vector / vector.norm())
        seen = torch.stack([mean(of_item[t], active) for t in range(T)])
        intention = mean(attention(model.intention, 0, seen), seen)
        torch.testing.assert_close(found.summary[b], intention / intention.norm())


def test_sine_chooses_other_prototypes_for_other_histories():
    model, met = Sine(8, 2, 5, num_prototypes=50), some_histories()
    found = model(met)
    found.vectors.sum().backward()
    used = model.prototypes.grad.abs().sum(1) > 0
    assert 2 < int(used.sum()) <= 3 * 2


def test_global_interests_equal_the_equation_in_loops():
    model = GlobalInterests(4, 2, temperature=0.3).double().requires_grad_(False)
    met = some_histories(dim=4, dtype=torch.float64)
    found = model(met)
    for b in range(3):
        x = met.items[b, : int(met.real[b].sum())]
        share = [softmax([float(x_t @ c / x_t.norm() / c.norm() / 0.3) for c in model.prototypes])
                 for x_t in x]  # fmt: skip
        state = model.recurrence(x)[1][0]
        torch.testing.assert_close(found.summary[b], state)
        for k in range(2):
            part = [p[k] for p in share]
            common = mean(part, x)
            vector = common / common.norm() + state
            routing = [p / sum(part) for p in part]
            assert found.routing[b, k, : len(x)].tolist() == pytest.approx(routing)
            torch.testing.assert_close(found.vectors[b, k], vector / vector.norm())


LINE = torch.tensor([[0.0], [1.0], [0.5], [9.0], [30.0]])  # on a line: three clusters


def on_a_line(order=(0, 1, 2, 3, 4)):
    """One user, whose items come in this order, and what the clusters of them are as interests."""
    return histories(LINE[None, list(order)], torch.ones(1, 5, dtype=torch.bool))


def test_clusters_are_their_medoids_by_importance():
    found = Clusters(3, clusters=3, decay=0.0)(on_a_line())
    assert found.vectors[0, 0].item() == 0.5 and {*found.vectors[0, 1:, 0].tolist()} == {9, 30}
    torch.testing.assert_close(found.routing[0, 0], torch.tensor([1, 1, 1, 0, 0]) / 3)


def test_clusters_of_late_items_are_more_important():
    found = Clusters(2, clusters=3, decay=1.0)(on_a_line())
    assert found.vectors.flatten().tolist() == [30, 9]
    found = Clusters(2, clusters=3, decay=1.0)(on_a_line((4, 3, 2, 1, 0)))
    assert found.vectors.flatten().tolist() == [0.5, 9]
    parts = [math.exp(-age) for age in (2, 1, 0)]
    expected = torch.tensor([0, 0, *(part / sum(parts) for part in parts)])
    torch.testing.assert_close(found.routing[0, 0], expected)


def test_the_medoid_of_two_items_is_the_last_one():
    vectors = torch.randn(200, 2, 64)
    found = Clusters(1, clusters=1, decay=0.3)(histories(vectors, torch.ones(200, 2).bool()))
    assert torch.equal(found.vectors[:, 0], vectors[:, 1])


def test_a_user_of_few_clusters_has_the_last_of_them_again():
    met = histories(LINE[None, [3, 4]], torch.ones(1, 2, dtype=torch.bool))
    found = Clusters(4, clusters=4, decay=1.0)(met)
    assert found.vectors.flatten().tolist() == [30, 9, 9, 9]


@pytest.mark.parametrize(
    ("make", "rule"),
    [(lambda: Clusters(4, clusters=3, decay=0.3),
      "clusters must be at least num_interests=4, got 3"),
     (lambda: Clusters(4, clusters=4, decay=-1.0), "decay must be at least 0, got -1"),
     (lambda: Sine(8, 4, 5, num_prototypes=3),
      "num_prototypes must be at least num_interests=4, got 3"),
     (lambda: GlobalInterests(8, 4, temperature=0.0), "temperature must be above 0, got 0")],
)  # fmt: skip
def test_a_backbone_of_prototypes_refuses_sizes_that_cannot_work(make, rule):
    with pytest.raises(Mistake, match=rule):
        make()


def test_mind_starts_every_training_step_anew():
    model = Mind(4, 2, 5, rounds=3, routing_axis="interests", relu_layer=False, adaptive=False)
    met = some_histories(dim=4)
    assert not torch.equal(model(met).vectors, model(met).vectors)


def test_adaptive_mind_gives_a_user_as_many_interests_as_the_log_of_his_history():
    model = Mind(4, 3, 9, rounds=3, routing_axis="interests", relu_layer=False, adaptive=True)
    real = torch.arange(9) < torch.tensor([1, 2, 4, 9])[:, None]
    vectors = model.eval()(histories(torch.randn(4, 9, 4), real)).vectors
    assert [len(user.unique(dim=0)) for user in vectors] == [1, 1, 2, 3]


def test_the_places_that_adaptive_mind_does_not_use_draw_no_item():
    """Four items, so two interests: those of a MIND that has no more than two."""
    many = Mind(4, 3, 9, rounds=3, routing_axis="interests", relu_layer=False, adaptive=True)
    two = Mind(4, 2, 9, rounds=3, routing_axis="interests", relu_layer=False, adaptive=False)
    two.load_state_dict({**many.state_dict(), "start": many.start[:2]})
    met = histories(torch.randn(5, 4, 4), torch.ones(5, 4, dtype=torch.bool))
    torch.testing.assert_close(many.eval()(met).vectors[:, :2], two.eval()(met).vectors)


def test_a_mind_with_a_relu_layer_has_no_negative_entry():
    model = Mind(4, 2, 5, rounds=3, routing_axis="history", relu_layer=True, adaptive=False)
    assert model(some_histories(dim=4)).vectors.min() == 0


def transformer(blocks):
    return Transformer(8, 5, blocks, 2, 0.0, Standard, NoBias(), State(1)).eval()


def test_a_transformer_notices_the_order():
    model, real = transformer(2), torch.ones(1, 5, dtype=torch.bool)
    met = histories(torch.randn(1, 5, 8), real)
    swapped = replace(met, items=met.items[:, [1, 0, 2, 3, 4]])
    assert not torch.allclose(model(met).vectors, model(swapped).vectors)


def test_a_transformer_adds_positions_to_items_that_are_scaled_by_the_root_of_d():
    model, items = transformer(blocks=0), torch.randn(1, 5, 8)
    added = items[0, -1] * 8**0.5 + model.position[-1]
    found = model(histories(items, torch.ones(1, 5, dtype=torch.bool))).vectors[0, 0]
    torch.testing.assert_close(found, torch.nn.functional.layer_norm(added, (8,)))


def test_the_last_item_has_the_last_position_however_short_the_history():
    items = torch.ones(2, 5, 8)
    real = torch.arange(5) < torch.tensor([[2], [5]])
    vectors = transformer(blocks=0)(histories(items, real)).vectors
    torch.testing.assert_close(vectors[0], vectors[1])


@pytest.mark.parametrize("spread", [0.0, 3.5])
def test_comirec_sa_at_a_position_is_comirec_sa_on_what_came_before(spread):
    model = ComiRecSA(8, 3, 5, widening=2, spread=spread)
    met = some_histories((5,))
    for last in range(5):
        before = model(contract.narrow(met, last + 1))
        after = model.at(met, torch.tensor([last]))
        torch.testing.assert_close(after.vectors, before.vectors)
        torch.testing.assert_close(after.summary, before.summary)


def test_the_spread_of_one_item_has_a_gradient():
    model, met = ComiRecSA(4, 2, 5, widening=2, spread=3.5), some_histories((1,), dim=4)
    model(met).vectors.sum().backward()
    assert all(weight.grad.isfinite().all() for weight in model.parameters())


def test_offsets_of_no_spread_would_leave_all_interests_alike_and_are_refused():
    with pytest.raises(Mistake, match="spread must be above 0"):
        Offsets(8, 3, spread=0.0)


@pytest.mark.parametrize("interests", [1, 3])
def test_the_mean_of_centred_interests_is_the_state(interests):
    states, place = torch.randn(2, 5, 8), torch.tensor([1, 4, 7])
    found = Centred(Heads(8, interests))(states, place)
    assert found.shape == (3, interests, 8)
    torch.testing.assert_close(found.mean(1), states.flatten(0, 1)[place])


@pytest.mark.parametrize("name", ["gru4rec", "lru", "sasrec", "popularity"])
def test_a_single_interest_baseline_refuses_several(small, name):
    with pytest.raises(Mistake, match="num_interests must be 1"):
        build(small(f"backbone={name}", "num_interests=4")["backbone"], "backbone")
