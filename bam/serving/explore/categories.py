"""How pure a list of items is in its categories, and how much of a user's categories it covers."""

import polars as pl
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from bam.data.windows import came_before
from bam.records import PAD


def category_names(genres: pl.Series) -> list[str]:
    """Every category that an item has, in the order of the columns of `Items.genres`."""
    names = genres.str.split("|").explode().unique().sort()
    return [name for name in names if name]


def purity(lists: Int[Tensor, "*b n"], genres: Bool[Tensor, "V1 G"]) -> Float[Tensor, "*b"]:
    """max_g |{i in list: g in G_i}| / |{i in list: G_i is not empty}|; NaN where all are empty."""
    if not genres.shape[1]:
        return torch.full(lists.shape[:-1], torch.nan)
    of_items = genres[lists]
    return of_items.sum(-2).amax(-1) / of_items.any(-1).sum(-1)


def coverage(
    lists: Int[Tensor, "*b n"], wanted: Bool[Tensor, "*b G"], genres: Bool[Tensor, "V1 G"]
) -> Float[Tensor, "*b"]:
    """|{g wanted: some item of the list has g}| / |{g wanted}|.

    NaN where none is wanted, and of a list without an item.
    """
    share = (genres[lists].any(-2) & wanted).sum(-1) / wanted.sum(-1)
    return share.masked_fill((lists == PAD).all(-1), torch.nan)


def distinct_share(lists: Int[Tensor, "B K n"]) -> Float[Tensor, " B"]:
    """How many items the K lists have, an item of several lists once, over the sum of lengths."""
    present = lists.flatten(1) != PAD
    first = present & ~came_before(lists.flatten(1))
    return first.sum(1) / present.sum(1)
