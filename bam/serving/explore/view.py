"""What one model finds for each user of the page."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from einops import repeat
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import pad

from bam.evaluation.balance import pairwise_cosine
from bam.serving.explore.categories import coverage, distinct_share, purity
from bam.serving.explore.projection import Projection
from bam.serving.histories import History
from bam.serving.retriever import Choices, Retriever
from bam.system.bars import progress_bar

USERS = 128  # in a block


@dataclass(frozen=True)
class View:
    """Interests and lists; an item is its number, PAD where a list has fewer than n items."""

    weight: Float[Tensor, "U K"]
    place: Float[Tensor, "U K P"]  # of the interests on the map
    top: Int[Tensor, "U K n"]  # the best items of each interest
    merged: Int[Tensor, "U n"]  # the list that the user gets
    brought: Int[Tensor, "U n"]  # the interest that brought each of its items; K: the memory
    remembered: Int[Tensor, "U n"]  # the items to which the memory adds most; PAD: no item
    feeds: Float[Tensor, "U K L"]  # how much of each item each interest takes; oldest first
    purity: Float[Tensor, "U K"]  # of the list of each interest
    coverage: Float[Tensor, "U K"]
    merged_purity: Float[Tensor, " U"]
    merged_coverage: Float[Tensor, " U"]
    joint_coverage: Float[Tensor, " U"]  # of all K lists together
    distinct: Float[Tensor, " U"]
    cosine: Float[Tensor, " U"]  # mean over the pairs of the user's interests


def find_view(
    retriever: Retriever,
    histories: Sequence[History],
    choices: Choices,
    n: int,
    projection: Projection,
) -> View:
    """The view of these users, none of whom has an empty history."""
    blocks = [histories[i : i + USERS] for i in range(0, len(histories), USERS)]
    shown = progress_bar(blocks, desc="exploring", unit="block", leave=False, delay=2)
    parts = [_view(retriever, block, choices, n, projection) for block in shown]
    values = {field.name: [getattr(part, field.name) for part in parts] for field in fields(View)}
    return View(**{name: torch.cat(found) for name, found in values.items()})


@torch.inference_mode()
def _view(
    retriever: Retriever,
    histories: Sequence[History],
    choices: Choices,
    n: int,
    projection: Projection,
) -> View:
    answer = retriever.recommend(histories, n, choices)
    genres, vectors = retriever.items.genres, answer.found.mixture.vectors.cpu()
    top, merged = answer.found.each(n).item.cpu(), answer.merged.item.cpu()
    wanted = torch.stack([genres[history.items].any(0) for history in histories])
    feeds = answer.feeds.cpu()  # as wide as the longest history of the block
    return View(
        weight=answer.found.weight.cpu(),
        place=projection(vectors),
        top=top,
        merged=merged,
        brought=answer.merged.interest.masked_fill(answer.remembered, vectors.shape[1]).cpu(),
        remembered=answer.found.remembered(n).cpu(),
        feeds=pad(feeds, (0, retriever.history_length - feeds.shape[2])),
        purity=purity(top, genres),
        coverage=coverage(top, repeat(wanted, "B G -> B K G", K=top.shape[1]), genres),
        merged_purity=purity(merged, genres),
        merged_coverage=coverage(merged, wanted, genres),
        joint_coverage=coverage(top.flatten(1), wanted, genres),
        distinct=distinct_share(top),
        cosine=pairwise_cosine(vectors),
    )
