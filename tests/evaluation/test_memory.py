"""Ranks with a memory are those of a loop that adds it to every score."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from bam.evaluation.evaluator import Evaluator
from bam.evaluation.metric.union_recall import UnionRecall
from bam.evaluation.protocol.clean import Clean
from bam.evaluation.protocol.published import Published
from bam.model.additions import Additions
from bam.model.aggregation.maximum import Maximum
from bam.model.blend import Blend
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.inner import Inner
from bam.records import PAD, Events, Interests, Spans
from bam.system.threads import Pace

USERS, V, K, D, LENGTH = 5, 40, 3, 2, 6


class Several(torch.nn.Module):
    """Interests that are whole numbers of the last item: many scores tie."""

    def forward(self, histories):
        last = histories.ids.gather(1, histories.real.sum(1, keepdim=True) - 1)
        vectors = torch.stack([(last + k) % 3 - 1.0 for k in range(K * D)], 2)
        return Interests.unrouted(vectors.view(-1, K, D), histories.items[:, 0])


class Matrix(torch.nn.Module):
    """Row a has what a last item a adds; no shares, but the scores themselves."""

    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def forward(self, history):
        last = history.gather(1, (history != PAD).sum(1, keepdim=True) - 1)[:, 0]
        row, item = self.scores[last].nonzero(as_tuple=True)
        return Additions.summed(row, item, self.scores[last][row, item])


@pytest.fixture
def case():
    rows = Rows(torch.randint(-2, 3, (V + 1, D)).float(), sparse=False)
    model = Recommender(rows, Several(), Inner(1.0), Maximum())
    scores = torch.randint(0, 4, (V + 1, V + 1)) * (torch.rand(V + 1, V + 1) < 0.3)
    scores[:, PAD] = 0
    items = torch.randint(1, V + 1, (USERS * LENGTH,)).int()
    start = torch.arange(USERS) * LENGTH
    return model, scores.float(), items, Spans(start, start + LENGTH - 2, start + LENGTH)


def ranked(case, protocol, items_per_block, monkeypatch, length=V):
    model, scores, items, spans = case
    monkeypatch.setattr("bam.evaluation.ranking.COLUMNS", 4)
    evaluator = Evaluator(
        protocol,
        {"union_recall": UnionRecall([5], 1.0, by_weight=False)},
        [5],
        dict.fromkeys(("cpu", "cuda"), 2),
        dict.fromkeys(("cpu", "cuda"), items_per_block),
        64,
    )
    events, blend = Events(items, items[:0]), Blend(Matrix(scores), lambda shares, _: shares)
    return evaluator.rank(model, blend, events, spans, LENGTH, length, Pace([1]))


def loop(case, protocol):
    """The rank of each target by all interests, and by each of them; and the scores of all."""
    model, scores, items, spans = case
    for user in range(USERS):
        met = items[spans.start[user] : spans.cut[user]].tolist()
        target = items[spans.cut[user] : spans.stop[user]].tolist()
        read = torch.tensor([met])
        each = model(read, read[:, :0]).vectors[0] @ model.items.weight.T + scores[met[-1]]
        for given in (each.amax(0), *each):
            given = given.clone()
            own = [given[one].item() for one in target]
            if isinstance(protocol, Published):
                given[[PAD, *met]] = 0  # the history is shorter than the window
                own = [0.0 if one in met else score for one, score in zip(target, own, strict=True)]
            else:
                given[[PAD, *met]] = -torch.inf
            given[target] = torch.tensor(own)
            yield user, target, given


@pytest.mark.parametrize("items_per_block", [8, 1000])
@pytest.mark.parametrize("protocol", [Clean(), Published()])
@torch.no_grad()
def test_ranks_and_lists_have_the_memory_in_every_score(
    case, protocol, items_per_block, monkeypatch
):
    found = ranked(case, protocol, items_per_block, monkeypatch)
    for place, (user, target, score) in enumerate(loop(case, protocol)):
        k = place % (K + 1) - 1
        for t, one in enumerate(target):
            expected = int((score >= score[one]).sum()) * (one not in target[:t])
            rank = found.rank[user, t] if k < 0 else found.queries.rank[user, t, k]
            assert int(rank) == expected
        if k < 0:
            top = found.top[user][found.top[user] != PAD]
            best = score.sort(descending=True).values[: len(top)]
            assert torch.equal(score[top], best)


@torch.no_grad()
def test_what_the_interests_alone_would_not_list_is_brought_by_the_memory(case, monkeypatch):
    model, scores, items, spans = case
    alone = ranked((model, scores * 0, items, spans), Clean(), 8, monkeypatch, 5)
    both = ranked(case, Clean(), 8, monkeypatch, 5)
    for one, found, winner in zip(alone.top, both.top, both.top_winner, strict=True):
        for item, k in zip(found.tolist(), winner.tolist(), strict=True):
            assert (k == K) == (item not in one.tolist())
    slots = Evaluator.slots(SimpleNamespace(cutoffs=[5]), both)["slots"]
    assert len(slots) == K + 1 and slots[K] == float((both.top_winner == K).double().mean())
    assert len(Evaluator.slots(SimpleNamespace(cutoffs=[5]), alone)["slots"]) == K


@torch.no_grad()
def test_slots_are_of_the_places_up_to_the_largest_cutoff(case, monkeypatch):
    model, scores, items, spans = case
    found = ranked((model, scores * 0, items, spans), Clean(), 8, monkeypatch, 5)
    found = replace(found, top_winner=torch.tensor([[0, 1, 2, 2, 2]] * USERS))
    for cutoffs, share in (([1, 2], [0.5, 0.5, 0]), ([4], [0.25, 0.25, 0.5])):
        assert Evaluator.slots(SimpleNamespace(cutoffs=cutoffs), found)["slots"] == share


@torch.no_grad()
def test_a_target_that_is_not_ranked_is_won_by_no_interest(case, monkeypatch):
    found = ranked(case, Clean(), 8, monkeypatch)
    missing = torch.arange(USERS)[:, None] < 2  # as targets that come twice are
    found = replace(found, rank=found.rank.masked_fill(missing, 0))
    share = Evaluator.balance(SimpleNamespace(), found)["share"]
    won = found.winner[2:][found.rank[2:] > 0]
    assert share == [float((won == k).double().mean()) for k in range(K)]


@torch.no_grad()
def test_a_memory_moves_a_target_up(case, monkeypatch):
    model, scores, items, spans = case
    before = ranked((model, scores * 0, items, spans), Clean(), 8, monkeypatch).rank
    target = items[spans.cut].long()
    last = items[spans.cut - 1].long()
    more = scores * 0
    more[last, target] = 100.0
    after = ranked((model, more, items, spans), Clean(), 8, monkeypatch).rank
    assert (after[:, 0] == 1).all() and (before[:, 0] > 1).any()
