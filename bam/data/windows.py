"""Batches cut out of the flat items: one gather, no loop over users."""

import torch
from jaxtyping import Int
from torch import Tensor

from bam.records import PAD, Interactions, Spans


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


def bucket_by_length(
    length: Int[Tensor, " M"],
    targets: Int[Tensor, " M"],
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> list[Int[Tensor, " B"]]:
    """Rows cut into batches; of so many batches in a row those of like length stand together.

    More than one batch together are given in random order, and share the rows' `targets` evenly:
    a mean over a batch would else count the target of a short row for more than that of a long one.
    """
    if batches == 1:
        return list(torch.arange(len(length)).split(batch_size))
    found: list[Tensor] = []
    for rows in torch.arange(len(length)).split(batch_size * batches):
        rows = rows[length[rows].argsort(stable=True)]
        count = -(-len(rows) // batch_size)
        upto = targets[rows].cumsum(0)
        part = (upto - targets[rows]) * count // upto[-1]
        parts = rows.split(part.unique_consecutive(return_counts=True)[1].tolist())
        order = torch.randperm(len(parts), generator=generator)
        found += [parts[i] for i in order]
    return found


def rows_and_items(
    items: Int[Tensor, " N"], start: Int[Tensor, " B"], stop: Int[Tensor, " B"]
) -> tuple[Int[Tensor, " M"], Int[Tensor, " M"]]:
    """All items of every `items[start:stop]`, and the row each belongs to."""
    length = stop - start
    row = torch.arange(len(start)).repeat_interleave(length)
    before = length.cumsum(0) - length
    place = torch.arange(len(row)) + (start - before)[row]
    return row.to(items.device), items[place.to(items.device)].long()


def count_items(interactions: Interactions, train: Spans) -> Int[Tensor, " V1"]:
    """How often each item stands in the training part."""
    _, item = rows_and_items(interactions.items, train.start, train.stop)
    return torch.bincount(item, minlength=interactions.num_items + 1)
