"""From a query to what its answer holds: lists, interests and similar items."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import torch
from fastapi import HTTPException

from bam.errors import Mistake, require
from bam.records import PAD
from bam.serving.answers import notes
from bam.serving.explain import Interest, Listed, explain_interests, list_merged, list_popular
from bam.serving.histories import History, read_history
from bam.serving.items import Items
from bam.serving.retriever import Choices, Retriever
from bam.serving.server import messages

T = TypeVar("T")
NEEDS_TIMES = "this model needs times, which users of the data set have"
SMALLEST = 1e-30  # what a product can be divided by


@torch.inference_mode()
def recommend(
    retriever: Retriever, query: messages.Query, choices: Choices
) -> messages.RecommendAnswer:
    """The n best items of each history; without a known item, the most popular ones."""
    items, n = retriever.items, query.n

    def find(histories: Sequence[History]) -> Iterable[list[Listed]]:
        return list_merged(items, retriever.recommend(histories, n, choices))

    each = _of_each(retriever, query, find, lambda history: list_popular(items, history, n).items)
    return {
        "answers": [
            {"user": history.user or None, "notes": notes(items, history), "items": listed}
            for history, listed in each
        ]
    }


@torch.inference_mode()
def interests(
    retriever: Retriever, query: messages.Query, choices: Choices
) -> messages.InterestsAnswer:
    """The interests of each history, the heaviest first; without a known item there are none."""
    items, n = retriever.items, query.n

    def find(histories: Sequence[History]) -> Iterator[list[messages.InterestWithVector]]:
        found = retriever.recommend(histories, n, choices)
        vectors = found.found.mixture.vectors.tolist()
        for its_vectors, each in zip(vectors, explain_interests(items, found, n), strict=True):
            yield [_with_vector(one, its_vectors[one.interest - 1]) for one in each]

    return {
        "answers": [
            {"user": history.user or None, "notes": notes(items, history), "interests": found}
            for history, found in _of_each(retriever, query, find, lambda history: [])
        ]
    }


@torch.inference_mode()
def similar(retriever: Retriever, item: str, n: int) -> messages.SimilarAnswer:
    """The n other items whose vectors have the largest cosines with that of this item.

    Raises:
        Mistake: no item has the id.
    """
    known, _ = retriever.items.find([item])
    if not known:
        raise Mistake(f"the item must be one of {retriever.data}, got {item!r}")
    [row] = known
    norm = torch.linalg.vector_norm(retriever.table, dim=1)
    product = retriever.table @ retriever.table[row]
    cosine = product / (norm * norm[row]).clamp(min=SMALLEST)
    cosine[[PAD, row]] = -torch.inf
    value, number = cosine.topk(min(n, len(cosine) - 2))
    [itself] = describe(retriever.items, known)
    near = zip(describe(retriever.items, number.tolist()), value.tolist(), strict=True)
    return {**itself, "similar": [{**one, "cosine": score} for one, score in near]}


def describe(items: Items, numbers: Sequence[int]) -> list[messages.Item]:
    """The id, title and genres of each of these items."""
    rows = items.frame[list(numbers)]
    columns = (rows[name].to_list() for name in ("id", "title", "genres"))
    return [
        {"item": item, "title": title, "genres": genres}
        for item, title, genres in zip(*columns, strict=True)
    ]


def check(retriever: Retriever, choices: Choices) -> None:
    """Answer once: whether the model can, and so that the first request finds all at hand.

    Raises:
        Mistake: a score is no finite number.
    """
    # a user's history has the times that some models need
    users = retriever.users.ids.head(1).to_list()
    of_others = [] if users else [retriever.items.texts([PAD + 1])]
    query = messages.Query(users=users, histories=of_others, n=1)
    [found] = recommend(retriever, query, choices)["answers"]
    scores = [one.score for one in found["items"]]
    rule = "scores must be finite numbers"
    require(all(score is not None and math.isfinite(score) for score in scores), rule, scores)
    interests(retriever, query, choices)
    similar(retriever, retriever.items.texts([PAD + 1])[0], 1)


def _with_vector(interest: Interest, vector: list[float]) -> messages.InterestWithVector:
    return {
        "interest": interest.interest,
        "weight": interest.weight,
        "history": interest.history,
        "items": interest.items,
        "vector": vector,
    }


def _of_each(
    retriever: Retriever,
    query: messages.Query,
    find: Callable[[Sequence[History]], Iterable[T]],
    without: Callable[[History], T],
) -> Iterator[tuple[History, T]]:
    """Each history of the query with what is found for it; `without` is for one that is empty."""
    histories = _read_histories(retriever, query)
    known = [history for history in histories if len(history.items)]
    found = iter(find(known) if known else ())
    for history in histories:
        yield history, next(found) if len(history.items) else without(history)


def _read_histories(retriever: Retriever, query: messages.Query) -> list[History]:
    """The history of each user of the query, then each history that it holds.

    Raises:
        HTTPException: a history has no times, and the model needs them.
        Mistake: no user of the data set has the id.
    """
    if query.users:
        retriever.users.require_some()
    for user in query.users:
        rule = f"users must be users of {retriever.data}; histories take anybody's items"
        require(user in retriever.users.number, rule, user)
    others = [read_history(retriever.items, one) for one in query.histories]
    if retriever.without_times and any(len(one.items) for one in others):
        raise HTTPException(422, f"histories must be empty: {NEEDS_TIMES}")
    return [*retriever.users.histories(query.users), *others]
