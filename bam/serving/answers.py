"""Recommendations for any number of histories, as a table in the ids of the data set.

Places and interests are numbered from 1, in every table, in every file and on the console.
"""

from collections.abc import Sequence

import polars as pl
import torch
from jaxtyping import Int
from torch import Tensor

from bam.records import PAD
from bam.serving.histories import History
from bam.serving.items import Items
from bam.serving.retriever import Choices, Retriever
from bam.system.bars import progress_bar

USERS = 256  # in a block
MODEL, POPULARITY = "model", "popularity"  # predictors, beside those of memories


def recommend(
    retriever: Retriever, histories: Sequence[History], n: int, choices: Choices
) -> pl.DataFrame:
    """The n best items of each history: user, place, item, title, score, interest, cold and
    predictor.

    Rows are in the order of the histories; place 1 is the best. A history without a known item
    gets the most popular items, which have neither a score nor an interest. A cold item is one that
    no interaction has trained. The predictor is model, the memory where the model alone would not
    list the item, or popularity.
    """
    length = torch.tensor([len(history.items) for history in histories], dtype=torch.int64)
    order = length.clamp(max=retriever.history_length).argsort(stable=True)  # as wide as they are
    order = order[length[order] > 0]
    parts = order.split(USERS) if len(order) else ()
    blocks = [_popular(retriever.items, (length == 0).nonzero()[:, 0], n)]
    for places in progress_bar(parts, desc="recommending", unit="block", leave=False, delay=2):
        found = retriever.recommend([histories[int(i)] for i in places], n, choices)
        lists = found.merged.item, found.merged.score, found.merged.interest, found.remembered
        blocks.append(_frame(places, *(part.cpu() for part in lists)))
    rows = pl.concat(blocks).filter(pl.col("item") != PAD).sort("history", "place")
    users = [history.user for history in histories]
    return _with_names(rows, users, retriever.items, retriever.memory.name)


def notes(items: Items, history: History) -> list[str]:
    """What a reader should know of the answer to one history, in sentences."""
    found = []
    if history.unknown:
        unknown = ", ".join(history.unknown)
        found.append(f"left out, as the data set has no such item: {unknown}")
    if not len(history.items):
        found.append("no known item in the history: these are the most popular items")
    if cold := items.cold(history.items):
        found.append(f"cold, as no interaction has trained them: {', '.join(cold)}")
    return found


def _with_names(
    rows: pl.DataFrame, users: Sequence[str], items: Items, memory: str
) -> pl.DataFrame:
    """The rows with the ids of their users, and with the ids and titles of their items."""
    number, known = rows["item"], items.frame
    return rows.select(
        user=pl.Series(users, dtype=pl.String).gather(rows["history"]),
        place="place",
        item=known["id"].gather(number),
        title=known["title"].gather(number),
        score=pl.col("score").fill_nan(None),
        interest=pl.when(pl.col("interest") >= 0).then(pl.col("interest") + 1),
        cold=pl.Series(items.is_cold(number.to_torch()).numpy()),
        predictor=pl.when(pl.col("interest") < 0)
        .then(pl.lit(POPULARITY))
        .when("remembered")
        .then(pl.lit(memory))
        .otherwise(pl.lit(MODEL)),
    )


def _popular(items: Items, places: Int[Tensor, " M"], n: int) -> pl.DataFrame:
    """The most popular items for the histories in these places."""
    item = items.popular[:n].expand(len(places), -1)
    none = torch.full(item.shape, torch.nan)
    no_interest = torch.full_like(item, -1)
    return _frame(places, item, none, no_interest, torch.zeros_like(item, dtype=torch.bool))


def _frame(
    places: Tensor, item: Tensor, score: Tensor, interest: Tensor, remembered: Tensor
) -> pl.DataFrame:
    B, n = item.shape
    return pl.DataFrame(
        {
            "history": places.repeat_interleave(n).numpy(),
            "place": torch.arange(1, n + 1).repeat(B).numpy(),
            "item": item.flatten().numpy(),
            "score": score.flatten().numpy(),
            "interest": interest.flatten().numpy(),
            "remembered": remembered.flatten().numpy(),
        }
    )
