"""Every option of conf/weighting: how much each interest of a user counts."""

import math
from dataclasses import replace

import pytest
import torch

from bam.config.instantiate import build
from bam.experiment.opened.ask import choices_of
from bam.experiment.opened.retriever import build_retriever
from bam.records import PAD, Histories
from bam.serving.explain import explain
from bam.serving.histories import pad_histories
from bam.serving.weighting.equal import Equal
from bam.serving.weighting.gate import Gate
from bam.serving.weighting.history import History
from tests.broken.weighting import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import weighting as contract
from tests.contracts.weighting import example, weights
from tests.histories import mixture_of
from tests.serving.planted import parts


@pytest.fixture(params=options("weighting"))
def weighting(request, configured):
    config = configured(f"weighting={request.param}", config="recommend")
    return build(config["weighting"], "weighting")


@pytest.mark.parametrize("check", checks(contract))
def test_every_weighting_keeps_the_contract(weighting, check):
    check(weighting)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_weighting_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, broken) == rules


def test_equal_weights_do_not_look_at_the_interests():
    assert weights(Equal(), *example()).tolist() == [[pytest.approx(1 / 3)] * 3] * 5


def test_the_gate_of_the_aggregation_is_the_weight():
    vectors, _, history, real = example()
    log_weight = torch.tensor([[0.5, 0.25, 0.25]]).log().expand(5, 3)
    assert weights(Gate(), vectors, log_weight, history, real)[4].tolist() == [0.5, 0.25, 0.25]
    zeros = torch.zeros(5, 3)  # of an aggregation without a gate
    expected = weights(Equal(), vectors, zeros, history, real)
    torch.testing.assert_close(weights(Gate(), vectors, zeros, history, real), expected)


def test_the_history_weighs_an_interest_by_the_share_of_the_items_that_it_explains():
    vectors, log_weight, history, real = example()
    found = weights(History(), vectors, log_weight, history, real)
    for user in range(5):
        total = [0.0, 0.0, 0.0]
        items = history[user, real[user]].double()
        for item in items:
            odds = [
                math.exp(float(m.double() @ item) + float(g))
                for m, g in zip(vectors[user], log_weight[user], strict=True)
            ]
            total = [t + o / sum(odds) for t, o in zip(total, odds, strict=True)]
        assert found[user].tolist() == pytest.approx([t / len(items) for t in total], abs=1e-6)


def test_an_interest_that_is_left_out_has_no_weight_of_the_history():
    vectors, log_weight, history, real = example()
    log_weight = log_weight.clone()
    log_weight[:, 1] = -torch.inf
    mixture = mixture_of(vectors, log_weight)
    assert History()(mixture, history, real)[:, 1].tolist() == [0.0] * 5


@pytest.mark.parametrize("aggregation", ["gate", "foreseen", "mixture", "scaled"])
def test_the_weights_of_a_gate_reach_interests_answers_and_the_test(tmp_path, aggregation):
    """log Z_k, which a mixture takes from the scores, is not in them; nor a factor of vectors."""
    built = parts(tmp_path, f"aggregation={aggregation}")
    model, found = built.step.model, build_retriever(built, "test")
    gate = getattr(model.aggregation, "gate", model.aggregation)
    histories = found.users.all()
    with torch.no_grad():
        made = gated(model, gate, *pad_histories(histories, found.history_length))
    weights = [each.weights.tolist() for each in found.interests(histories, Gate())]
    assert weights == [pytest.approx(row) for row in made.tolist()]
    answers = explain(found, histories, 3, 1, choices_of(("weighting=gate",)))
    for answer, row in zip(answers, made.tolist(), strict=True):
        by_weight = sorted(row, reverse=True)
        assert [one.weight for one in answer.interests] == pytest.approx(by_weight)
    ranking = built.rank(built.split.test, list_length=10)
    torch.testing.assert_close(ranking.queries.weight, made)


def gated(model, gate, history, times):
    """The weights that a gate gives to what the backbone makes of some histories."""
    met = Histories(history, model.items(history), history != PAD, times)
    found = model.backbone(met)
    return gate(replace(found, vectors=model.similarity(found.vectors)), model.table).weight
