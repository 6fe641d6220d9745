"""Ranks of an ensemble are those of a loop that mixes the scores of its members in float64."""

from functools import partial

import pytest
import torch

from bam.evaluation.evaluator import Evaluator
from bam.evaluation.metric.recall import Recall
from bam.evaluation.protocol.clean import Clean
from bam.model.additions import Additions
from bam.model.aggregation.gate import Gate
from bam.model.aggregation.logsumexp import LogSumExp
from bam.model.aggregation.maximum import Maximum
from bam.model.aggregation.mixture import Mixture
from bam.model.aggregation.weighted import Weighted
from bam.model.backbone.comirec_sa import ComiRecSA
from bam.model.backbone.mind import Mind
from bam.model.blend import Blend
from bam.model.ensemble import aggregation, backbone, similarity
from bam.model.ensemble.linear import Linear
from bam.model.ensemble.logarithmic import Logarithmic
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.cosine import Cosine
from bam.model.similarity.inner import Inner
from bam.records import PAD, Events, Spans
from bam.system.threads import Pace

USERS, V, LENGTH, LISTED = 6, 50, 9, 12
WIDTHS, COUNTS, LENGTHS = [6, 4, 5], [2, 3, 2], [4, 7, 2]
WEIGHTS = [1.0, 0.7, 2.0]
PARTS = ("backbone", "similarity", "aggregation")


@pytest.fixture
def members():
    gate = Gate(WIDTHS[1], 8, True, LogSumExp(1.0))
    backbones = [
        ComiRecSA(WIDTHS[0], COUNTS[0], LENGTHS[0], 2, 0.0),
        Mind(WIDTHS[1], COUNTS[1], LENGTHS[1], 3, "interests", False, False),
        ComiRecSA(WIDTHS[2], COUNTS[2], LENGTHS[2], 2, 0.0),
    ]
    rows = [Rows(draw(width), sparse=False) for width in WIDTHS]
    similarities = [Inner(0.3), Cosine(0.2), Inner(1.0)]
    aggregations = [Maximum(), Mixture(gate), Weighted(0.1)]
    parts = zip(rows, backbones, similarities, aggregations, strict=True)
    return [Recommender(*part).eval() for part in parts]


def draw(width):
    rows = torch.randn(V + 1, width)
    rows[PAD] = 0
    return rows


def beside_one_another(members, pooling):
    rows = Rows(torch.cat([one.items.weight for one in members], 1).detach(), sparse=False)
    several = [[getattr(one, part) for one in members] for part in PARTS]
    return Recommender(
        rows,
        backbone.Ensemble(several[0], WIDTHS, LENGTHS),
        similarity.Ensemble(several[1], WIDTHS),
        aggregation.Ensemble(several[2], WIDTHS, COUNTS, pooling),
    )


def log_probabilities(members, read):
    """log p_m(i) of all items by each member [M V], and log p of each interest [K V], float64."""
    of_member, of_interest = [], []
    for member, length, weight in zip(members, LENGTHS, WEIGHTS, strict=True):
        history = read[None, -length:]
        found = member(history, history[:, :0])
        rows = member.table()[1:].double()
        each = found.vectors[0].double() @ rows.T + found.log_weight[0].double()[:, None]
        joint = member.aggregation.pool(each)
        of_member.append(joint - joint.logsumexp(0))
        of_interest.append(each - joint.logsumexp(0) + torch.tensor(weight).double().log())
    return torch.stack(of_member), torch.cat(of_interest)


@pytest.mark.parametrize("items_per_block", [8, 1000])
@pytest.mark.parametrize("form", [Linear, Logarithmic])
@torch.no_grad()
def test_ranks_lists_and_winners_are_those_of_the_members_mixed(members, form, items_per_block):
    model = beside_one_another(members, form(WEIGHTS))
    items = torch.randint(1, V + 1, (USERS * LENGTH,)).int()
    start = torch.arange(USERS) * LENGTH
    # from 2 items on, so that no two interests are equal
    spans = Spans(start, start + 2 + torch.arange(USERS), start + LENGTH)
    sizes = [dict.fromkeys(("cpu", "cuda"), size) for size in (3, items_per_block)]
    evaluator = Evaluator(Clean(), {"recall": Recall([5])}, [5], *sizes, 64)
    none = Blend(torch.nn.Identity(), lambda history, _: Additions.none(history.device))
    rank = partial(evaluator.rank, model, none, Events(items, items[:0]), spans)
    found = rank(max(LENGTHS), LISTED, Pace([1]))
    w = torch.tensor(WEIGHTS).double()[:, None] / sum(WEIGHTS)
    for user in range(USERS):
        met = items[spans.start[user] : spans.cut[user]].long()
        log_p, each = log_probabilities(members, met)
        mixed = (w * log_p.exp()).sum(0).log() if form is Linear else (w * log_p).sum(0)
        target = items[spans.cut[user] : spans.stop[user]].unique().long()
        own = mixed[target - 1].clone()
        mixed[met - 1] = -torch.inf
        mixed[target - 1] = own
        expected = {int(one): int((mixed >= mixed[one - 1]).sum()) for one in target}
        assert sorted(expected.values()) == sorted(found.rank[user][found.rank[user] > 0].tolist())
        best = mixed.topk(LISTED).indices
        assert found.top[user].tolist() == (best + 1).tolist()
        assert found.top_winner[user].tolist() == each[:, best].argmax(0).tolist()
