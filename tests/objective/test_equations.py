"""The whole objective, and its gradients, against its equations in float64 loops."""

import copy
from functools import cache

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from torch import nn

from bam.config.hydra_version import BASE
from bam.config.instantiate import component
from bam.data.sampling.one_position import OnePosition
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.inner import Inner
from bam.objective.loss.multi_interest import MultiInterest
from bam.objective.loss.single_interest import SingleInterest
from bam.objective.objective import Objective
from bam.records import Batch, Choice, Interests, Negatives
from tests.conftest import CONF, options

B, K, D, V = 2, 3, 4, 7
TARGET, NEGATIVES = torch.tensor([2, 5]), torch.tensor([[4, 5, 1, 4, 7]])  # 5: an accidental hit
WEIGHT = {"single": 0.7, "multi": 0.5}


@cache
def node(group, option):
    with initialize_config_dir(str(CONF), **BASE):
        cfg = compose("train", [f"{group}={option}", f"dim={D}", "device=cpu"])
    return OmegaConf.to_container(cfg, resolve=True)[group]


class Constant(nn.Module):
    """A backbone with the same interests, whatever the history."""

    def __init__(self):
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(B, K, D))

    def forward(self, histories):
        return Interests.unrouted(self.vectors, self.vectors.mean(1))


class Recorded(nn.Module):
    """A selection whose last choice is kept, with weights that have a gradient."""

    def __init__(self, selection):
        super().__init__()
        self.selection = selection

    def forward(self, vectors, target, place):
        choice = self.selection(vectors, target, place)
        self.choice = Choice(choice.interest, choice.weight.detach().requires_grad_())
        return self.choice


class Drawn(nn.Module):
    def forward(self, target):
        return Negatives(NEGATIVES, torch.tensor([[0.3, -0.2, 0.5, 0.3, 0.0]]))


def sampled_softmax(likelihood, positive, negative):
    return torch.stack([positive, *negative]).logsumexp(0) - positive


def hard_negatives(likelihood, positive, negative):
    x = torch.stack(negative)
    importance = (likelihood.beta * x).exp()
    total = (importance * x.exp()).sum() / importance.mean()
    return -positive + (positive.exp() + total).log()


def gbce(likelihood, positive, negative):
    alpha = NEGATIVES.numel() / (V - 1)
    beta = alpha * (likelihood.t * (1 - 1 / alpha) + 1 / alpha)
    p, *others = ((x + likelihood.bias).sigmoid() for x in (positive, *negative))
    return -((beta * p.log()) + sum((1 - x).log() for x in others)) / (1 + len(negative))


def full_softmax(likelihood, positive, every):
    return torch.stack(every).logsumexp(0) - positive


EQUATION = {f.__name__: f for f in (sampled_softmax, hard_negatives, gbce, full_softmax)}


def nll(name, likelihood, vectors, gates, table, b):
    """Of the joint score of some interests, for the target of row b."""

    def score(item):
        return torch.stack(
            [m @ table[item] + g for m, g in zip(vectors, gates, strict=True)]
        ).logsumexp(0)

    if name == "full_softmax":
        others = [score(item) for item in range(1, V + 1)]
    else:
        pairs = zip(NEGATIVES[0].tolist(), Drawn()(TARGET).log_q[0].double(), strict=True)
        others = [score(item) - log_q for item, log_q in pairs if item != TARGET[b]]
    return EQUATION[name](likelihood, score(int(TARGET[b])), others)


def slow_objective(name, likelihood, vectors, log_weight, choice, table, losses):
    cost = {loss: WEIGHT[loss] if loss in losses else 0.0 for loss in WEIGHT}
    total = torch.zeros((), dtype=torch.float64)
    for b in range(B):
        for c, k in enumerate(choice.interest[b].tolist()):
            alone = nll(name, likelihood, vectors[b, k : k + 1], [0.0], table, b)
            total = total + cost["single"] * choice.weight[b, c] * alone / B
        together = nll(name, likelihood, vectors[b], log_weight[b], table, b)
        total = total + cost["multi"] * together / B
    return total


def gradients(*tensors):
    return [torch.zeros_like(t) if t.grad is None else t.grad for t in tensors]


@pytest.mark.parametrize("aggregation", options("aggregation"))
@pytest.mark.parametrize("selection", options("selection"))
@pytest.mark.parametrize("likelihood", options("likelihood"))
def test_the_objective_and_its_gradients_equal_the_equations(likelihood, selection, aggregation):
    compare(likelihood, selection, aggregation, ("single", "multi"))


@pytest.mark.parametrize("losses", [("multi", "single"), ("single",), ("multi",)])
@pytest.mark.parametrize("selection", ["p", "p_expected"])
@pytest.mark.parametrize("likelihood", options("likelihood"))
def test_losses_in_any_order_or_alone_equal_the_equations(likelihood, selection, losses):
    compare(likelihood, selection, "gate", losses)


def compare(likelihood, selection, aggregation, losses):
    name, likelihood = likelihood, component(node("likelihood", likelihood), "likelihood")
    pooled = component(node("aggregation", aggregation), "aggregation")
    model = Recommender(Rows(torch.zeros(V + 1, D), sparse=False), Constant(), Inner(1.0), pooled)
    nn.init.normal_(model.items.weight)
    chosen = Recorded(component(node("selection", selection), "selection"))
    made = {
        "single": SingleInterest(WEIGHT["single"]),
        "multi": MultiInterest(WEIGHT["multi"], 1.0),
    }
    parts = {key: made[key] for key in losses}
    objective = Objective(OnePosition(5, 1), Drawn(), chosen, likelihood, parts, {})
    slow = copy.deepcopy(model).double()

    history = torch.ones(B, 5, dtype=torch.int64)
    found = objective(model, Batch(history, history[:, :0], TARGET, TARGET))
    found.backward()
    weight = chosen.choice.weight.detach().double().requires_grad_()
    vectors, table = slow.backbone.vectors, slow.items.weight
    choice = Choice(chosen.choice.interest, weight)
    log_weight = slow.aggregation(slow.backbone(None), slow.table).log_weight
    expected = slow_objective(name, likelihood, vectors, log_weight, choice, table, losses)
    expected.backward()

    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(model.parameters(), slow.parameters(), strict=True):
        for a, e in zip(gradients(ours), gradients(theirs), strict=True):
            torch.testing.assert_close(a.double(), e, rtol=1e-4, atol=1e-6)
    # the mean that is taken off the nll adds the same to the gradients of all weights of a row
    for a, e in zip(gradients(chosen.choice.weight), gradients(weight), strict=True):
        torch.testing.assert_close((a - a.mean(1, True)).double(), e - e.mean(1, True))
