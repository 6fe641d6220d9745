"""PIMI computes its equations; ComiRec-SA's attention is tested with ComiRec-SA."""

import math

import pytest
import torch
from torch import nn

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.experiment.parts.components import build_components
from bam.model.backbone.pimi import Pimi
from bam.model.intervals.positions import Positions
from bam.model.intervals.times import Times
from bam.nn.causal import mean_item
from bam.records import Interests
from tests.histories import histories


class Items(nn.Module):
    """Gives what an extractor gets."""

    def forward(self, histories):
        return Interests.unrouted(histories.items, mean_item(histories))


def pimi(layers, intervals):
    found = Pimi(4, 9, layers, intervals, Items())
    return found.double().eval().requires_grad_(False)


def some():
    """Item 2 of the first history comes twice."""
    ids = torch.tensor([[2, 5, 2, 7, 3], [4, 6, 0, 0, 0]])
    times = torch.tensor([[0, 3, 60, 61, 900], [5, 9, 0, 0, 0]])
    table = torch.randn(8, 4).double()
    return histories(table[ids] * (ids > 0)[..., None], ids > 0, ids, times)


@pytest.mark.parametrize("intervals", [Positions(), Times(2.0)])
def test_an_item_attends_to_the_intervals_of_its_row(intervals):
    model, met = pimi(0, intervals), some()
    found, apart = model(met).vectors, intervals(met).expand(2, 5, 5)
    W, w = model.hidden.weight, model.energy.weight[0]
    for b, length in enumerate((5, 2)):
        for i in range(length):
            steps = [min(8, int(math.log(1 + apart[b, i, j]) / 0.301)) for j in range(length)]
            energy = [math.exp(w @ torch.tanh(W @ model.bucket[n])) for n in steps]
            pairs = zip(energy, steps, strict=True)
            added = sum(e * model.bucket[n] for e, n in pairs) / sum(energy)
            torch.testing.assert_close(found[b, i], met.items[b, i] + added)


def test_a_node_attends_to_its_neighbours_and_to_a_virtual_node():
    model, met = pimi(2, Positions()), some()
    first, found = pimi_items(model, met), model(met).vectors
    sees = [{0, 1, 2}, {0, 1, 2}, {0, 1, 2, 3}, {0, 2, 3, 4}, {3, 4}]
    for b, nodes in enumerate((sees, [{0, 1}, {0, 1}])):
        x = first[b, : len(nodes)]
        h, s = x, x.mean(0)
        for layer in model.graph:
            w = layer.weight[0]
            rows = [attended(w, [*(h[j] for j in sees_), s]) for sees_ in nodes]
            h, s = torch.stack(rows) + x, x.mean(0) + attended(w, [*h, s])
        torch.testing.assert_close(found[b, : len(nodes)], h)


def attended(w, vectors):
    energy = [math.exp(w @ vector) for vector in vectors]
    return sum(e * v for e, v in zip(energy, vectors, strict=True)) / sum(energy)


def pimi_items(model, met):
    """The items after the intervals, before the graph."""
    before = Pimi(4, 9, 0, model.intervals, Items()).double().requires_grad_(False)
    before.load_state_dict({key: value for key, value in model.state_dict().items()
                            if not key.startswith("graph")})  # fmt: skip
    return before(met).vectors


def test_pimi_is_comirec_sa_after_a_graph_of_positions(small):
    config = small("backbone=pimi")
    assert config["backbone"]["extractor"]["_target_"].endswith("ComiRecSA")
    assert isinstance(build(config["backbone"], "backbone").intervals, Positions)


def test_intervals_that_no_backbone_uses_are_refused(small):
    rule = "intervals must be none with a backbone that has no use for them"
    with pytest.raises(Mistake, match=rule):
        build_components(small("backbone=comirec_sa", "intervals=times"), True)
