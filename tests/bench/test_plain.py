"""The plain program computes what ours computes."""

import random

import pytest
import torch

from bam.bench import plain
from bam.data.sampling.one_position import OnePosition
from bam.model.aggregation.maximum import Maximum
from bam.model.backbone.comirec_sa import ComiRecSA
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.inner import Inner
from bam.objective.likelihood.hard_negatives import HardNegatives
from bam.objective.loss.multi_interest import MultiInterest
from bam.objective.loss.single_interest import SingleInterest
from bam.objective.objective import Objective
from bam.objective.regularisation.routing import Routing
from bam.objective.selection.hard import Hard
from bam.records import Batch, Negatives

V, B, L = 30, 6, 5


def scheme(**changed) -> plain.Scheme:
    sizes = {"dim": 8, "num_interests": 3, "history_length": L, "widening": 2}
    usual = {"num_negatives": 12, "tau": 1.0, "beta": 0.5, "multi_interest": 1.0, "routing": 0.0}
    return plain.Scheme(**{**sizes, **usual, **changed})


def ours(scheme: plain.Scheme, negatives: torch.Tensor) -> tuple[Recommender, Objective]:
    backbone = ComiRecSA(scheme.dim, scheme.num_interests, L, scheme.widening)
    losses = {"single": SingleInterest(1.0)}
    if scheme.multi_interest:
        losses["multi"] = MultiInterest(scheme.multi_interest, 1.0)
    terms = {"routing": Routing(scheme.routing, scheme.dim, L, B)}
    drawn = Negatives(negatives, torch.zeros(negatives.shape))
    model = Recommender(
        Rows(torch.zeros(V + 1, scheme.dim), sparse=False), backbone, Inner(1.0), Maximum()
    )
    likelihood = HardNegatives(scheme.beta)
    return model, Objective(OnePosition(L, 1), lambda _: drawn, Hard(), likelihood, losses, terms)


def hardest(vectors, target, tau):
    return (vectors @ target[:, :, None]).squeeze(2).argmax(1)


@pytest.mark.parametrize(
    "changed",
    [{}, {"multi_interest": 0.0}, {"beta": 0.0}, {"routing": 100.0, "multi_interest": 0.5}],
)
def test_the_loss_and_its_gradients_equal_ours_on_equal_inputs(changed):
    chosen = scheme(**changed)
    random.seed(0)
    users = [random.choices(range(1, V + 1), k=length) for length in (4, 5, 7, 12)]
    batch = plain.draw_batch(users, B, L)
    negatives = plain.draw_negatives(V, B, chosen.num_negatives)
    negatives[0, 0] = batch.target[0]  # a target among its own negatives
    model, objective = ours(chosen, negatives)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    model.items.weight.data[0] = 0
    other = plain.Plain(V, chosen)
    state = model.state_dict()
    other.load_state_dict({name.removeprefix("backbone."): state[name] for name in state})
    expected = objective(
        model, Batch(batch.history, batch.history[:, :0], batch.target, batch.target)
    )
    found = plain.loss(other, chosen, batch, negatives, hardest)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    expected.backward(), found.backward()
    gradients = {name.removeprefix("backbone."): p.grad for name, p in model.named_parameters()}
    for name, parameter in other.named_parameters():
        grad = parameter.grad.clone()
        if name == "items.weight":
            grad[0] = 0  # scoring the whole table reaches the row of padding
        torch.testing.assert_close(grad, gradients[name], rtol=1e-4, atol=1e-6)


def test_a_row_draws_no_negative_twice():
    for row in plain.draw_negatives(V, B, 12).tolist():
        assert len(set(row)) == 12 and min(row) >= 1 and max(row) <= V


def test_a_batch_is_padded_to_the_full_length():
    batch = plain.draw_batch([[1, 2, 3, 4]], 2, 7)
    assert batch.history.shape == (2, 7)
    assert batch.history[0].tolist() == [1, 0, 0, 0, 0, 0, 0] and batch.target.tolist() == [2, 2]


def test_a_seen_item_is_not_among_the_best():
    model = plain.Plain(V, scheme())
    best = plain.best_items(model, [3, 4, 5, 6], L, V - 3)
    assert set(best) == set(range(1, V + 1)) - {3, 4, 5}
