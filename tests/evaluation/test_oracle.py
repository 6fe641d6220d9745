"""Metrics of ranks against those of ir_measures, which the field of retrieval uses (trec_eval)."""

import random
import warnings

import pytest
import torch

from bam.evaluation.metric.hit_rate import HitRate
from bam.evaluation.metric.map import MAP
from bam.evaluation.metric.mrr import MRR
from bam.evaluation.metric.ndcg import NDCG
from bam.evaluation.metric.precision import Precision
from bam.evaluation.metric.recall import Recall
from bam.evaluation.outcome import Outcome, measure
from bam.evaluation.queries import Queries

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its imports
    ir_measures = pytest.importorskip("ir_measures")

ITEMS, CUTOFFS = 80, [1, 3, 10, 50]
METRICS = [metric(CUTOFFS) for metric in (Recall, NDCG, Precision, HitRate, MAP)] + [MRR()]
THEIRS = {"recall": "R", "ndcg": "nDCG", "precision": "P", "hit_rate": "Success", "map": "AP"}


def users(seed, most_targets):
    """Of each user a random ranking of all items, and the ranks of the targets in it."""
    draw = random.Random(seed)
    rankings = [draw.sample(range(ITEMS), ITEMS) for _ in range(60)]
    return rankings, [
        sorted(draw.sample(range(1, ITEMS + 1), draw.randint(1, most_targets))) for _ in rankings
    ]


def ours(ranks, most_targets):
    padded = torch.tensor([user + [0] * (most_targets - len(user)) for user in ranks])
    nothing = Outcome.smallest()
    lists, queries = torch.zeros(len(ranks), 0).long(), Queries.none(padded)
    found = measure(METRICS, Outcome(padded, lists, queries, nothing.facts))
    return {one.name: one.value.tolist() for one in found}


def theirs(rankings, ranks, name):
    metric, _, cutoff = name.partition("@")
    measured = ir_measures.parse_measure(f"{THEIRS[metric]}@{cutoff}" if cutoff else "RR")
    run = {
        str(user): {f"{item}": float(-place) for place, item in enumerate(ranking)}
        for user, ranking in enumerate(rankings)
    }
    right = {
        str(user): {f"{rankings[user][rank - 1]}": 1 for rank in places}
        for user, places in enumerate(ranks)
    }
    values = {one.query_id: one.value for one in ir_measures.iter_calc([measured], right, run)}
    return [values[str(user)] for user in range(len(rankings))]


@pytest.mark.parametrize("most_targets", [1, 12])
@pytest.mark.parametrize("name", sorted(ours([[1]], 1)))
def test_a_metric_is_that_of_ir_measures(name, most_targets):
    """But MAP divides by min(T, n) for T targets, so that the best list has 1, and AP by T."""
    rankings, ranks = users(name, most_targets)
    found = ours(ranks, most_targets)[name]
    if name.startswith("map@"):
        cutoff = int(name.partition("@")[2])
        pairs = zip(found, ranks, strict=True)
        found = [value * min(len(user), cutoff) / len(user) for value, user in pairs]
    assert found == pytest.approx(theirs(rankings, ranks, name), abs=1e-6)
