"""The targets of each user: an item that comes twice is one target."""

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn.functional import pad

from bam.data.windows import window
from bam.records import PAD, Spans


def distinct_targets(items: Int[Tensor, " N"], spans: Spans) -> Int[Tensor, "U T"]:
    """Each user's `items[cut:stop]` in their order, with PAD in place of an item that came before.

    A ranking has one place for an item, so an item that counted twice could give more than the
    best list has.
    """
    target = window(items, spans.cut, spans.stop, int((spans.stop - spans.cut).max()))
    ordered, place = target.sort(dim=1, stable=True)
    repeated = pad(ordered[:, 1:] == ordered[:, :-1], (1, 0))
    return target.masked_fill(torch.empty_like(repeated).scatter_(1, place, repeated), PAD)
