"""Which items come near each other in the histories of training."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.data.windows import rows_and_items
from bam.records import PAD, Interactions, Spans


def nearest_items(
    data: Interactions, train: Spans, steps: int, most: int
) -> tuple[Int[Tensor, "V1 n"], Float[Tensor, "V1 n"]]:
    """For each item the `most` items that it meets most often, and their shares of these meetings.

    Two different items meet where a training history has them at most `steps` places apart, in
    either order. Of equal counts the smaller id comes first. A free place has PAD and share 0; the
    shares of an item that meets another sum to 1.
    """
    first, second = meetings(data, train, steps)
    V1, most = data.num_items + 1, min(most, data.num_items)
    pair, count = torch.unique(first * V1 + second, return_counts=True)
    pair = pair[count.argsort(descending=True, stable=True)]
    count = count.sort(descending=True).values
    by_item = (pair // V1).argsort(stable=True)
    item, near, count = (pair // V1)[by_item], (pair % V1)[by_item], count[by_item]
    begin = torch.searchsorted(item, torch.arange(V1))
    place = torch.arange(len(item)) - begin[item]
    kept = place < most
    items = torch.full((V1, most), PAD)
    share = torch.zeros(V1, most)
    items[item[kept], place[kept]] = near[kept]
    share[item[kept], place[kept]] = count[kept].float()
    return items, share / share.sum(1, keepdim=True).clamp(min=1)


def meetings(
    data: Interactions, train: Spans, steps: int
) -> tuple[Int[Tensor, " M"], Int[Tensor, " M"]]:
    """Both items of each meeting, in both orders."""
    row, item = rows_and_items(data.items, train.start, train.stop)
    longest = int((train.stop - train.start).max())
    pairs = [(item[:0], item[:0])]
    for step in range(1, min(steps + 1, longest)):
        same = (row[step:] == row[:-step]) & (item[step:] != item[:-step])
        pairs.append((item[:-step][same], item[step:][same]))
    before, after = (torch.cat(side) for side in zip(*pairs, strict=True))
    return torch.cat([before, after]), torch.cat([after, before])
