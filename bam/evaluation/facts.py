"""What is known of the items, for metrics that look beyond ranks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from bam.data.dataset.build.store import read_catalogue
from bam.data.windows import count_items
from bam.records import Interactions, Spans


@dataclass(frozen=True)
class ItemFacts:
    """What is known of the items; each table is made when a metric calls for it."""

    num_items: int  # V
    counts: Callable[[], Int[Tensor, " V1"]]  # how often each item is in the training part
    genres: Callable[[], Bool[Tensor, "V1 G"]]  # which genres each item has; G is the number known


def item_facts(interactions: Interactions, train: Spans) -> ItemFacts:
    """The facts of a data set; counts are of its training part alone."""
    return ItemFacts(
        num_items=interactions.num_items,
        counts=partial(count_items, interactions, train),
        genres=partial(read_genres, interactions),
    )


def read_genres(interactions: Interactions) -> Bool[Tensor, "V1 G"]:
    """The genres that catalogue.tsv gives to each item, as a table of yes and no."""
    known = read_catalogue(interactions.folder)
    return genre_table(known["item"], known["genres"], interactions.num_items)


def genre_table(item: pl.Series, genres: pl.Series, num_items: int) -> Bool[Tensor, "V1 G"]:
    """Which of the genres, separated by `|` in the source, each item has."""
    lists = pl.DataFrame({"item": item, "genre": genres.str.split("|")})
    pairs = lists.explode("genre").filter(pl.col("genre") != "")
    number = pairs["item"].to_torch().long()
    genre = (pairs["genre"].rank("dense") - 1).to_torch().long()
    table = torch.zeros(num_items + 1, pairs["genre"].n_unique(), dtype=torch.bool)
    table[number, genre] = True
    return table
