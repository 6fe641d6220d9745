"""Batches from the flat items: one indexing operation for all rows, no loop over users."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor
from torch.nn.functional import pad

from bam.records import PAD, Events, Interactions, Spans


def window(
    items: Int[Tensor, " N"], start: Int[Tensor, " B"], cut: Int[Tensor, " B"], history_length: int
) -> Int[Tensor, "B L"]:
    """The last `history_length` items of each `items[start:cut]`, oldest first, PAD at the end.

    L is the length of the longest row, so that no column is padding alone. `start` and `cut` are on
    the host: L is known without waiting for the device of `items`.
    """
    first = torch.maximum(start, cut - history_length)
    step = torch.arange(int((cut - first).max()))
    place = first[:, None] + step
    real = place < cut[:, None]
    place, real = (t.to(items.device, non_blocking=True) for t in (place * real, real))
    return items[place].long().masked_fill(~real, PAD)


def windows(
    events: Events, start: Int[Tensor, " B"], cut: Int[Tensor, " B"], history_length: int
) -> tuple[Int[Tensor, "B L"], Int[Tensor, "B W"]]:
    """The windows of the items, and those of their times: W is L, or 0 without times."""
    history = window(events.items, start, cut, history_length)
    if not len(events.times):
        return history, history[:, :0]
    return history, window(events.times, start, cut, history_length)


def bucket_by_length(
    length: Int[Tensor, " M"],
    targets: Int[Tensor, " M"],
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> list[Int[Tensor, " B"]]:
    """Rows 0..M-1 in batches; each group of `batches` batches is sorted by length first.

    The batches of a group come in random order. They share the group's `targets` evenly rather than
    its rows: a batch's loss is a mean over targets, so each target should count the same.
    """
    if batches == 1:
        return list(torch.arange(len(length)).split(batch_size))
    found: list[Tensor] = []
    for rows in torch.arange(len(length)).split(batch_size * batches):
        rows = rows[length[rows].argsort(stable=True)]
        count = -(-len(rows) // batch_size)
        cumulative = targets[rows].cumsum(0)
        part = (cumulative - targets[rows]) * count // cumulative[-1]
        parts = rows.split(part.unique_consecutive(return_counts=True)[1].tolist())
        order = torch.randperm(len(parts), generator=generator)
        found += [parts[i] for i in order]
    return found


def rows_and_items(
    items: Int[Tensor, " N"], start: Int[Tensor, " B"], stop: Int[Tensor, " B"]
) -> tuple[Int[Tensor, " M"], Int[Tensor, " M"]]:
    """All items of every `items[start:stop]`, after the row 0..B-1 that each belongs to."""
    length = stop - start
    row = torch.arange(len(start)).repeat_interleave(length)
    before = length.cumsum(0) - length
    place = torch.arange(len(row)) + (start - before)[row]
    return row.to(items.device), items[place.to(items.device)].long()


def count_items(interactions: Interactions, train: Spans) -> Int[Tensor, " V1"]:
    """How often each item id occurs in the training part; 0 for PAD."""
    _, item = rows_and_items(interactions.items, train.start, train.stop)
    return torch.bincount(item, minlength=interactions.num_items + 1)


def came_before(ids: Int[Tensor, "B M"]) -> Bool[Tensor, "B M"]:
    """Which ids are equal to an earlier one of their row."""
    ordered, place = ids.sort(dim=1, stable=True)
    repeated = pad(ordered[:, 1:] == ordered[:, :-1], (1, 0))
    return torch.empty_like(repeated).scatter_(1, place, repeated)
