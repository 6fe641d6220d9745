"""What every protocol of evaluation must do; a check takes the evaluator that has it."""

import torch
from torch import nn

from bam.model.aggregation.maximum import Maximum
from bam.model.blend import Blend
from bam.model.blending.logarithmic import Logarithmic
from bam.model.memory.none import NoMemory
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.inner import Inner
from bam.records import PAD, Events, Interests, Spans
from bam.system.threads import Pace

NO_MEMORY = Blend(NoMemory(0, tuple), Logarithmic(0, 1.0))

L, V = 4, 30


class Fixed(nn.Module):
    """Every user's interest is the vector (1), so an item's score is its row of the table."""

    def forward(self, met):
        one = met.items.new_ones(len(met.items), 1, 1)
        return Interests.unrouted(one, one[:, 0])


def check_a_target_above_all_others_ranks_first(evaluator):
    items, spans = users()
    for user in range(len(spans.start)):
        score = torch.linspace(0.1, 0.9, V + 1)
        score[target(items, spans, user)] = 1.0
        assert ranks(evaluator, score, items, one(spans, user)).tolist() == [[1]]


def check_recent_items_of_the_history_compete_only_as_the_protocol_states(evaluator):
    """However high they score."""
    items, spans = users()
    states = evaluator.protocol.met_items_compete
    for user in range(len(spans.start)):
        score = torch.linspace(0.1, 0.9, V + 1)
        cut = int(spans.cut[user])
        recent = items[max(int(spans.start[user]), cut - L) : cut].long()
        score[recent] = 2.0
        score[target(items, spans, user)] = 1.0
        rivals = len(recent.unique()) if states else 0
        assert ranks(evaluator, score, items, one(spans, user)).tolist() == [[1 + rivals]]


def check_a_tie_counts_against_the_target(evaluator):
    """Where all items score alike, the target is the last of those that compete."""
    items, spans = users()
    for user in range(len(spans.start)):
        history = items[int(spans.start[user]) : int(spans.cut[user])]
        unseen = V - (0 if evaluator.protocol.met_items_compete else len(history.unique()))
        found = ranks(evaluator, torch.ones(V + 1), items, one(spans, user)).item()
        assert unseen <= found <= V + 1


def check_a_higher_score_never_has_a_worse_rank(evaluator):
    items, spans = users()
    for user in range(len(spans.start)):
        score = torch.rand(V + 1, generator=torch.Generator().manual_seed(user))
        found = []
        for own in torch.linspace(0.01, 1.1, 12):
            score[target(items, spans, user)] = own
            found.append(ranks(evaluator, score, items, one(spans, user)).item())
        assert found == sorted(found, reverse=True) and found[0] > found[-1]


def check_a_user_does_not_depend_on_the_others(evaluator):
    items, spans = users()
    score = torch.rand(V + 1, generator=torch.Generator().manual_seed(7))
    together = ranks(evaluator, score, items, spans)
    for user in range(len(spans.start)):
        alone = ranks(evaluator, score, items, one(spans, user))
        assert together[user].tolist() == alone[0].tolist()


def users():
    """Histories shorter and longer than L; no target is in its user's history."""
    random = torch.Generator().manual_seed(1)
    lengths = [3, 9, 5, 4, 12]
    items = [torch.randperm(V, generator=random)[: n + 1] + 1 for n in lengths]
    stop = torch.tensor([n + 1 for n in lengths]).cumsum(0)
    start = stop - torch.tensor([n + 1 for n in lengths])
    return torch.cat(items).int(), Spans(start, stop - 1, stop)


def one(spans, user):
    own = slice(user, user + 1)
    return Spans(spans.start[own], spans.cut[own], spans.stop[own])


def target(items, spans, user):
    return int(items[int(spans.cut[user])])


def ranks(evaluator, score, items, spans):
    model = Recommender(Rows(torch.zeros(V + 1, 1), sparse=False), Fixed(), Inner(1.0), Maximum())
    model.items.weight.data[:, 0] = score
    model.items.weight.data[PAD] = 0
    return evaluator.rank(model, NO_MEMORY, Events(items, items[:0]), spans, L, 0, Pace([1])).rank
