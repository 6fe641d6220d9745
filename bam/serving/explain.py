"""One user's answer with its reasons: the interests, what feeds each of them, and the list.

Interests and places are numbered from 1, as in bam/serving/answers.py.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.data.windows import came_before
from bam.records import PAD
from bam.serving.answers import MODEL, POPULARITY, USERS, notes
from bam.serving.found import add_equals, by_memory
from bam.serving.histories import History
from bam.serving.items import Items
from bam.serving.retriever import Choices, Recommended, Retriever
from bam.system.bars import progress_bar

SMALLEST = 1e-30  # a sum that shares can be divided by


@dataclass(frozen=True)
class Listed:
    """An item of a list, whose first item is the best."""

    item: str
    title: str
    score: float | None  # None, as the interest: of popular items, which no model has ordered
    interest: int | None  # that brings it
    cold: bool  # whether no interaction has trained it
    memory: float  # the part of the score that the memory has added
    predictor: str  # that brings it: model, popularity, or a memory, such as transitions


@dataclass(frozen=True)
class Source:
    """An item of the history, and its share of all that feeds an interest."""

    item: str
    title: str
    share: float


@dataclass(frozen=True)
class Interest:
    """How much an interest counts, the items that feed it most, and those that it brings first."""

    interest: int
    weight: float
    history: list[Source]
    items: list[Listed]


@dataclass(frozen=True)
class Answer:
    """What one user is recommended, and why; the heaviest interest comes first."""

    user: str
    notes: list[str]
    interests: list[Interest]
    items: list[Listed]


def explain(
    retriever: Retriever, histories: Sequence[History], n: int, shown: int, choices: Choices
) -> Iterator[Answer]:
    """The answer to each history, in this order: n items, and `shown` of each interest."""
    parts = [histories[first : first + USERS] for first in range(0, len(histories), USERS)]
    for part in progress_bar(parts, desc="recommending", unit="block", leave=False, delay=2):
        known = [history for history in part if len(history.items)]
        answers = iter(_explain(retriever, known, n, shown, choices) if known else ())
        for history in part:
            yield next(answers) if len(history.items) else list_popular(retriever.items, history, n)


@torch.inference_mode()
def _explain(
    retriever: Retriever, histories: Sequence[History], n: int, shown: int, choices: Choices
) -> list[Answer]:
    """The answers to histories, none of which is empty."""
    found, items = retriever.recommend(histories, n, choices), retriever.items
    lists = list_merged(items, found)
    of_users = explain_interests(items, found, shown)
    return [
        Answer(history.user, notes(items, history), its_interests, its_items)
        for history, its_interests, its_items in zip(histories, of_users, lists, strict=True)
    ]


def explain_interests(items: Items, found: Recommended, shown: int) -> Iterator[list[Interest]]:
    """The interests of each user, without those of weight 0."""
    each, weights = found.found.each(shown), found.found.weight
    B, K, m = each.item.shape
    number = torch.arange(K, device=weights.device)[:, None].expand(B, K, m)
    memory = found.found.memory(each.item.flatten(1)).view_as(each.score)
    alone = each if found.found.alone is None else found.found.alone.each(shown)
    of_memory = by_memory(each.item, alone.item)
    parts = (part.flatten(0, 1) for part in (each.item, each.score, number, memory, of_memory))
    brought = list_items(items, found.memory, *parts)
    fed = _sources(items, found.read, shares(found.feeds, found.read), shown)
    order = weights.argsort(descending=True, stable=True)
    for user, (weight, heaviest) in enumerate(zip(weights.tolist(), order.tolist(), strict=True)):
        yield [
            Interest(k + 1, weight[k], fed[user * K + k], brought[user * K + k])
            for k in heaviest
            if weight[k] > 0
        ]


def shares(feeds: Float[Tensor, "B K L"], read: Int[Tensor, "B L"]) -> Float[Tensor, "B K L"]:
    """Of all that feeds an interest, the share of each item; one that comes twice counts once.

    Each row sums to 1, but where nothing feeds the interest. It is 0 on padding and on the second
    place of an item.
    """
    B, K, _ = feeds.shape
    ids = read.repeat_interleave(K, 0)
    total = add_equals(ids, feeds.flatten(0, 1)).masked_fill(came_before(ids) | (ids == PAD), 0)
    return (total / total.sum(1, keepdim=True).clamp(min=SMALLEST)).unflatten(0, (B, K))


def _sources(
    items: Items, read: Int[Tensor, "B L"], share: Float[Tensor, "B K L"], shown: int
) -> list[list[Source]]:
    """The largest shares of each interest, user by user."""
    _, K, L = share.shape
    largest = share.flatten(0, 1).topk(min(shown, L))
    number = read.repeat_interleave(K, 0).gather(1, largest.indices).flatten().tolist()
    values = largest.values.flatten().tolist()
    named = zip(items.texts(number), items.titles(number), values, strict=True)
    return [[Source(*one) for one in row if one[2] > 0] for row in _rows(named, min(shown, L))]


def list_merged(items: Items, found: Recommended) -> list[list[Listed]]:
    """The list of each user."""
    merged = found.merged
    memory = found.found.memory(merged.item)
    lists = merged.item, merged.score, merged.interest, memory, found.remembered
    return list_items(items, found.memory, *lists)


def list_items(
    items: Items,
    name: str,
    item: Tensor,
    score: Tensor,
    interest: Tensor,
    memory: Tensor,
    of_memory: Tensor,
) -> list[list[Listed]]:
    """The items of each row [R m]; what is no item is left out. `name` is that of the memory."""
    number = item.flatten().tolist()
    named = zip(
        number,
        items.texts(number),
        items.titles(number),
        score.flatten().tolist(),
        (interest + 1).flatten().tolist(),
        items.is_cold(item.cpu().flatten()).tolist(),
        memory.flatten().tolist(),
        [name if brought else MODEL for brought in of_memory.flatten().tolist()],
        strict=True,
    )
    rows = _rows(named, item.shape[1])
    return [[Listed(*one) for number, *one in row if number != PAD] for row in rows]


def list_popular(items: Items, history: History, n: int) -> Answer:
    """The most popular items, for a history without a known item."""
    best = items.popular[:n]
    number, cold = best.tolist(), items.is_cold(best).tolist()
    named = zip(items.texts(number), items.titles(number), cold, strict=True)
    found = [
        Listed(item, title, None, None, is_cold, 0.0, POPULARITY) for item, title, is_cold in named
    ]
    return Answer(history.user, notes(items, history), [], found)


def _rows(values: Iterable[Any], width: int) -> list[list[Any]]:
    """The values in rows of this width."""
    flat = list(values)
    return [flat[first : first + width] for first in range(0, len(flat), width)]
