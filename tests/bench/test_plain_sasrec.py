"""The plain SASRec computes what ours computes."""

import random

import pytest
import torch

from bam.bench import plain_sasrec as plain
from bam.data.sampling.all_positions import AllPositions
from bam.model.aggregation.maximum import Maximum
from bam.model.backbone.transformer import Transformer
from bam.model.bias.none import NoBias
from bam.model.block.standard import Standard
from bam.model.readout.state import State
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.inner import Inner
from bam.objective.likelihood.full_softmax import FullSoftmax
from bam.objective.likelihood.sampled_softmax import SampledSoftmax
from bam.objective.loss.single_interest import SingleInterest
from bam.objective.objective import Objective
from bam.objective.selection.hard import Hard
from bam.records import Batch, Negatives

V, B, L = 30, 6, 5
SCHEME = plain.Scheme(dim=8, history_length=L, blocks=2, heads=2, dropout=0.0, num_negatives=12)
NAMES = {
    "query_key_value.": "attention.in_proj_",
    "project.": "attention.out_proj.",
    "backbone.": "",
}


@pytest.fixture
def users() -> list[list[int]]:
    random.seed(0)
    return [random.choices(range(1, V + 1), k=length) for length in (4, 5, 7, 12)]


def ours(negatives: torch.Tensor) -> tuple[Recommender, Objective]:
    sizes = (SCHEME.dim, L, SCHEME.blocks, SCHEME.heads, SCHEME.dropout)
    backbone = Transformer(*sizes, block=Standard, bias=NoBias(), readout=State(1))
    rows = Rows(torch.zeros(V + 1, SCHEME.dim), sparse=False)
    drawn = Negatives(negatives[None], torch.zeros(1, len(negatives)))
    sampled = len(negatives) > 0
    likelihood = SampledSoftmax(0.0) if sampled else FullSoftmax(0.0, chunk_items=7, memory_mb=1)
    losses = {"single": SingleInterest(1.0)}
    sampling = AllPositions(L, 1, 1)
    objective = Objective(sampling, lambda _: drawn, Hard(), likelihood, losses, {})
    return Recommender(rows, backbone, Inner(1.0), Maximum()), objective


def plain_name(name: str) -> str:
    for old, new in NAMES.items():
        name = name.replace(old, new)
    return name


@pytest.mark.parametrize("count", [0, 12])
def test_the_loss_and_its_gradients_equal_ours_on_equal_inputs(users, count):
    history, target = plain.draw_windows(users, B, SCHEME)
    negatives = plain.draw_negatives(V, count)
    negatives[:1] = target[0, 0]  # a target among the negatives
    model, objective = ours(negatives)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    model.items.weight.data[0] = 0
    other = SCHEME.build(V)
    other.load_state_dict({plain_name(name): value for name, value in model.state_dict().items()})
    place = (target != 0).flatten().nonzero()[:, 0]
    expected = objective(model, Batch(history, history[:, :0], target.flatten()[place], place))
    found = plain.loss(other, history, target, negatives)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    expected.backward(), found.backward()
    gradients = {plain_name(name): p.grad for name, p in model.named_parameters()}
    for name, parameter in other.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-4, atol=1e-5)


def test_every_item_but_the_first_and_the_last_two_is_a_target():
    history, target = plain.draw_windows([[1, 2, 3, 4, 5]], 1, SCHEME)
    assert history.tolist() == [[1, 2, 0, 0, 0]] and target.tolist() == [[2, 3, 0, 0, 0]]


def test_a_long_history_is_cut_to_its_latest_items():
    history, target = plain.draw_windows([[*range(1, 21)]], 1, SCHEME)
    assert history.tolist() == [[13, 14, 15, 16, 17]] and target.tolist() == [[14, 15, 16, 17, 18]]


def test_the_samples_of_a_step_are_its_targets(users):
    _, samples = SCHEME.draw_loss(SCHEME.build(V), [users[0]], B)
    assert samples == B * (4 - 3)


def test_a_seen_item_is_not_among_the_best(users):
    best = SCHEME.best_items(SCHEME.build(V), [3, 4, 5, 6], V - 3)
    assert set(best) == set(range(1, V + 1)) - {3, 4, 5}
