"""Batches cut out of the flat items: one gather, no loop over users."""

from collections.abc import Iterator

import torch
from jaxtyping import Int
from torch import Tensor

from bam.records import PAD, Batch, Interactions, Spans


def window(
    items: Int[Tensor, " N"], start: Int[Tensor, " B"], cut: Int[Tensor, " B"], history_length: int
) -> Int[Tensor, "B L"]:
    """The last `history_length` items of each `items[start:cut]`, oldest first, PAD at the end.

    As wide as the longest of them: nothing is computed on padding that no row needs. Places come
    from the host, so the width is known without asking the device.
    """
    first = torch.maximum(start, cut - history_length)
    step = torch.arange(int((cut - first).max()))
    place = first[:, None] + step
    real = place < cut[:, None]
    place, real = (t.to(items.device, non_blocking=True) for t in (place * real, real))
    return items[place].long().masked_fill(~real, PAD)


def training_batches(
    items: Int[Tensor, " N"],
    train: Spans,
    batch_size: int,
    history_length: int,
    generator: torch.Generator,
) -> Iterator[Batch]:
    """Batches without end: a user drawn uniformly, then one of his target positions (BaM)."""
    trains = train.stop > train.cut
    start, cut, stop = train.start[trains], train.cut[trains], train.stop[trains]
    while True:
        user = torch.randint(len(start), (batch_size,), generator=generator)
        share = torch.rand(batch_size, generator=generator, dtype=torch.float64)
        target = cut[user] + (share * (stop - cut)[user]).long()
        history = window(items, start[user], target, history_length)
        yield Batch(history, items[target.to(items.device, non_blocking=True)].long())


def members(
    items: Int[Tensor, " N"], start: Int[Tensor, " B"], stop: Int[Tensor, " B"]
) -> tuple[Int[Tensor, " M"], Int[Tensor, " M"]]:
    """All items of every `items[start:stop]`, and the row each belongs to."""
    length = stop - start
    row = torch.arange(len(start)).repeat_interleave(length)
    before = length.cumsum(0) - length
    place = torch.arange(len(row)) + (start - before)[row]
    return row.to(items.device), items[place.to(items.device)].long()


def count(interactions: Interactions, train: Spans) -> Int[Tensor, " V1"]:
    """How often each item stands in the training part."""
    _, item = members(interactions.items, train.start, train.stop)
    return torch.bincount(item, minlength=interactions.num_items + 1)
