"""What losses and likelihoods are tried on."""

import math
from dataclasses import replace

import torch

from bam.records import Answer, Candidates, Choice
from tests.histories import mixture_of


def candidates(batch=3, negatives=5, rows=1, dim=4, num_items=9):
    """Random rows of `dim` numbers; no negative is a target."""
    table = torch.randn(num_items, dim)
    return Candidates(
        target=torch.randn(batch, dim),
        negatives=torch.randn(rows, negatives, dim),
        log_q=torch.zeros(rows, negatives),
        accidental_hit=torch.zeros(batch, negatives, dtype=torch.bool),
        num_items=num_items,
        table=lambda: table,
    )


def mixture(batch=2, interests=3, dim=4, gate=False):
    log_weight = torch.zeros(batch, interests)
    if gate:
        log_weight = torch.randn(batch, interests).log_softmax(1)
    routing = torch.rand(batch, interests, 2).softmax(-1)
    return replace(mixture_of(torch.randn(batch, interests, dim), log_weight), routing=routing)


def answer(vectors, log_gate=None):
    """Groups [B G M D] of interests, all of them given."""
    B, G, _, _ = vectors.shape
    return Answer(vectors.flatten(1, 2), None, log_gate, torch.full((B, G), 1 / G))


def nll_of(likelihood, vectors, items, log_gate=None):
    """The nll [B G] that a likelihood gives to groups of interests [B G M D]."""
    (nll,) = likelihood([answer(vectors, log_gate)], items)
    return nll


def choice(interest, weight):
    return Choice(torch.tensor(interest), torch.tensor(weight))


def score(vectors, item, log_gate=None, sharpness=1.0):
    """(1/b) log sum_k exp(b (<m_k, e> + log g_k)), in float64; the maximum for an infinite b."""
    log_gate = [0.0] * len(vectors) if log_gate is None else log_gate.tolist()
    each = [float(m @ item.double()) + g for m, g in zip(vectors.double(), log_gate, strict=True)]
    if math.isinf(sharpness):
        return max(each)
    return math.log(sum(math.exp(sharpness * x) for x in each)) / sharpness


def scores(vectors, items, b, log_gate=None, sharpness=1.0):
    """Of the target of row b, and of its negatives that are no accidental hits, corrected."""
    row = b if len(items.negatives) > 1 else 0
    left = [j for j, hit in enumerate(items.accidental_hit[b].tolist()) if not hit]
    negative = [
        score(vectors, items.negatives[row, j], log_gate, sharpness) - float(items.log_q[row, j])
        for j in left
    ]
    return score(vectors, items.target[b], log_gate, sharpness), negative
