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
    group_by_length: int,
    generator: torch.Generator,
) -> Iterator[Batch]:
    """Batches without end: a user drawn uniformly, then one of his target positions (BaM).

    So many batches are drawn together, sorted by length and given in random order: each example is
    drawn as before, but meets others of its length, and little of a batch is padding. 1 is off.
    """
    trains = train.stop > train.cut
    start, cut, stop = train.start, train.cut, train.stop
    if not bool(trains.all()):
        start, cut, stop = start[trains], cut[trains], stop[trains]
    while True:
        drawn = batch_size * group_by_length
        user = torch.randint(len(start), (drawn,), generator=generator)
        share = torch.rand(drawn, generator=generator, dtype=torch.float64)
        target = cut[user] + (share * (stop - cut)[user]).long()
        for rows in _batches(target - start[user], batch_size, history_length, generator):
            history = window(items, start[user][rows], target[rows], history_length)
            place = target[rows].to(items.device, non_blocking=True)
            yield Batch(history, items[place].long())


def _batches(
    length: Int[Tensor, " M"], batch_size: int, longest: int, generator: torch.Generator
) -> list[Int[Tensor, " B"]]:
    """The rows of each batch: rows of like length together, batches in random order."""
    if len(length) == batch_size:
        return [torch.arange(batch_size)]
    rows = length.clamp(max=longest).argsort(stable=True).split(batch_size)
    return [rows[i] for i in torch.randperm(len(rows), generator=generator)]


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
