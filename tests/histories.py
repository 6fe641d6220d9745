"""Histories and predictions that tests give to parts of the model and of the objective."""

from dataclasses import replace

import torch
from torch import nn

from bam.records import PAD, Batch, Choice, Histories, Interests, Mixture, Prediction


def histories(items, real, ids=None, times=None):
    """Of rows [B L D] of the table; ids count from 1 within each row where none are given."""
    B, L = real.shape
    ids = torch.arange(1, L + 1).expand(B, -1) if ids is None else ids
    times = torch.empty(B, 0, dtype=torch.int64) if times is None else times
    return Histories(ids.masked_fill(~real, PAD), items, real, times)


def interests(vectors, routing=None):
    """With a summary that is drawn."""
    routing = vectors[:, :, :0] if routing is None else routing
    return Interests(vectors, routing, torch.randn(len(vectors), vectors.shape[2]))


class Shared(nn.Module):
    """A backbone of prototypes c that all users share: m_k = sum_t softmax_t(<c_k, x_t>) x_t."""

    def __init__(self, interests, dim):
        super().__init__()
        self.prototypes = nn.Parameter(torch.randn(interests, dim))

    def forward(self, met):
        energy = self.prototypes @ met.items.mT
        routing = energy.masked_fill(~met.real[:, None], -torch.inf).softmax(2)
        vectors = routing @ met.items
        return Interests(vectors, routing, vectors.mean(1))


def prediction(vectors, candidates, routing=None, items=None, backbone=None):
    """One history a row, each with its target; interest 0 is chosen for every target."""
    found = interests(vectors, routing)
    B, K, D = vectors.shape
    width = found.routing.shape[2] or 1
    items = torch.randn(B, width, D) if items is None else items
    real = torch.ones(B, width, dtype=torch.bool)
    place = torch.arange(B) * width + width - 1
    met = histories(items, real)
    target = torch.ones(B, dtype=torch.int64)
    return Prediction(
        batch=Batch(met.ids, met.times, target, place),
        histories=met,
        backbone=backbone or Shared(K, D),
        interests=found,
        mixture=Mixture(vectors, found.routing, torch.randn(B, K).log_softmax(1)),
        candidates=candidates,
        choice=Choice(torch.zeros(B, 1, dtype=torch.int64), torch.ones(B, 1)),
    )


def of_rows(whole, rows):
    """A part of a prediction: the rows that an index tensor names."""
    width = whole.histories.real.shape[1]
    met, found, mixed, items = whole.histories, whole.interests, whole.mixture, whole.candidates
    met = Histories(met.ids[rows], met.items[rows], met.real[rows], met.times[rows])
    place = torch.arange(len(rows)) * width + whole.batch.place[rows] % width
    return replace(
        whole,
        batch=Batch(met.ids, met.times, whole.batch.target[rows], place),
        histories=met,
        interests=Interests(found.vectors[rows], found.routing[rows], found.summary[rows]),
        mixture=Mixture(mixed.vectors[rows], mixed.routing[rows], mixed.log_weight[rows]),
        candidates=replace(
            items,
            target=items.target[rows],
            accidental_hit=items.accidental_hit[rows],
        ),
        choice=Choice(whole.choice.interest[rows], whole.choice.weight[rows]),
    )


def with_turned_interests(whole):
    """The same, with the interests in another order: each comes one place later."""
    K = whole.mixture.vectors.shape[1]
    found, mixed = whole.interests, whole.mixture
    return replace(
        whole,
        interests=Interests(found.vectors.roll(1, 1), found.routing.roll(1, 1), found.summary),
        mixture=Mixture(
            *(part.roll(1, 1) for part in (mixed.vectors, mixed.routing, mixed.log_weight))
        ),
        choice=Choice((whole.choice.interest + 1) % K, whole.choice.weight),
    )


def with_padding(whole, more):
    """The same, with more places of padding at the end of every history."""
    met, found, mixed = whole.histories, whole.interests, whole.mixture
    pad = nn.functional.pad
    B, width = met.real.shape
    met = Histories(
        pad(met.ids, (0, more)),
        pad(met.items, (0, 0, 0, more)),
        pad(met.real, (0, more)),
        pad(met.times, (0, more)) if met.times.shape[1] else met.times,
    )
    routing = pad(found.routing, (0, more)) if found.routing.shape[2] else found.routing
    place = torch.arange(B) * (width + more) + whole.batch.place % width
    return replace(
        whole,
        batch=Batch(met.ids, met.times, whole.batch.target, place),
        histories=met,
        interests=Interests(found.vectors, routing, found.summary),
        mixture=Mixture(mixed.vectors, routing, mixed.log_weight),
    )
