"""Items with equal rows tie, bit by bit: wherever they are in the catalogue, and in any blocks."""

import pytest
import torch
from torch import nn

from bam.config.instantiate import build
from bam.evaluation.evaluator import Evaluator
from bam.evaluation.protocol.clean import Clean
from bam.model.aggregation.maximum import Maximum
from bam.model.blend import Blend
from bam.model.blending.logarithmic import Logarithmic
from bam.model.memory.none import NoMemory
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.inner import Inner
from bam.records import PAD, Events, Interests, Spans
from bam.system.threads import Pace
from tests.conftest import options

NO_MEMORY = Blend(NoMemory(0, tuple), Logarithmic(0, 1.0))

USERS = 15


@pytest.fixture
def threads():
    """Set their number, for one test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture(params=["oneDNN", "MKL"])
def library(request, monkeypatch):
    if request.param == "MKL":
        monkeypatch.setattr("bam.nn.matmul.ONEDNN", False)


class Numbered(Recommender):
    """Interests are drawn once, for the user whose number the history begins with."""

    def forward(self, history, times):
        vectors = self.similarity(self.drawn[history[:, 0] - 1])
        found = Interests(vectors, vectors[:, :, :0], vectors.mean(1))
        return self.aggregation(found, self.table)


def recommender(V, D, K, different, similarity, aggregation):
    """The table, and which of a few different rows each item has: equal rows are all over it."""
    model = Numbered(
        Rows(torch.zeros(V + 1, D), sparse=False), nn.Identity(), similarity, aggregation
    )
    row = torch.randint(different, (V + 1,))
    model.items.weight.data.copy_(torch.randn(different, D)[row])
    model.register_buffer("drawn", torch.randn(USERS, K, D))
    return model, row


def data(V):
    """User u has met item u alone; the target is any other item."""
    target = torch.randint(USERS + 1, V + 1, (USERS,))
    items = torch.stack([torch.arange(1, USERS + 1), target], 1).flatten().int()
    start = torch.arange(0, 2 * USERS, 2)
    return items, Spans(start, start + 1, start + 2), target


def ranks(model, items, spans, users, block):
    evaluator = Evaluator(
        Clean(),
        {},
        [10],
        dict.fromkeys(("cpu", "cuda"), users),
        dict.fromkeys(("cpu", "cuda"), block),
        64,
    )
    return evaluator.rank(model, NO_MEMORY, Events(items, items[:0]), spans, 5, 0, Pace([1])).rank[
        :, 0
    ]


@torch.no_grad()
def expected_ranks(model, row, target):
    """From scores in float64, one for each of the different rows."""
    user, number = torch.arange(USERS), torch.arange(1, USERS + 1)
    first = torch.stack([(row == r).nonzero()[0, 0] for r in range(int(row.max()) + 1)])
    found = model.double()(number[:, None], number[:0])
    each = found.vectors @ model.table()[first].mT + found.log_weight[..., None]
    score = model.aggregation.pool(each)[:, row]
    score[:, PAD] = score[user, number] = -torch.inf
    return (score >= score[user, target][:, None]).sum(1)


BLOCKS = [(1, 2048), (7, 2048), (384, 2048), (7, 700), (384, 700), (384, 1)]  # of users, items


@pytest.mark.parametrize("aggregation", options("aggregation"))
@pytest.mark.parametrize("similarity", options("similarity"))
@pytest.mark.parametrize("K", [1, 4])
def test_equal_items_tie_in_any_blocks(configured, library, similarity, aggregation, K):
    config = configured(f"similarity={similarity}", f"aggregation={aggregation}", "dim=24")
    parts = (build(config[group], group) for group in ("similarity", "aggregation"))
    assert_equal_items_tie(*parts, K, BLOCKS)


@pytest.mark.parametrize("aggregation", options("aggregation"))
def test_equal_items_tie_on_two_threads(configured, library, threads, aggregation):
    config = configured(f"aggregation={aggregation}", "dim=24")
    threads(2)
    assert_equal_items_tie(Inner(1.0), build(config["aggregation"], "aggregation"), 4, BLOCKS[1:4])


def assert_equal_items_tie(similarity, aggregation, K, blocks):
    V, D = 1501, 24
    model, row = recommender(V, D, K, 30, similarity, aggregation)
    items, spans, target = data(V)
    found = [ranks(model, items, spans, users, size) for users, size in blocks]
    expected = expected_ranks(model, row, target)
    assert all(torch.equal(one, expected) for one in found)


@pytest.mark.parametrize("V", [60, 1681])
@pytest.mark.parametrize("D", [1, 8, 50, 128])
@pytest.mark.parametrize("number", [1, 2])
def test_where_all_items_are_equal_every_target_is_the_last(threads, library, number, V, D):
    threads(number)
    model, _ = recommender(V, D, 4, 1, Inner(1.0), Maximum())
    items, spans, _ = data(V)
    for users in (7, 384):
        assert set(ranks(model, items, spans, users, 2048).tolist()) == {V - 1}  # one is seen
