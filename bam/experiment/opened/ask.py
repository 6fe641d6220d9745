"""Ask a model: from the options of `bam recommend` to interests and lists."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import isfinite
from numbers import Integral, Real
from operator import index
from typing import Any, SupportsIndex

import polars as pl
from torch import Tensor

from bam.config.compose import compose_with_hydra
from bam.config.instantiate import component, typed
from bam.config.resolve import resolve
from bam.errors import require
from bam.run.override import Override
from bam.serving.answers import USERS, notes
from bam.serving.answers import recommend as recommend_all
from bam.serving.histories import History, read_history
from bam.serving.items import Items
from bam.serving.retriever import Choices, Retriever, UserInterests

log = logging.getLogger(__name__)
Ids = Iterable[Any]  # original ids: texts, or numbers of any kind
OF_INTERESTS = ("weighting", "trust")
OF_LISTS = ("merge", "reranking", "max_cosine", "exclude_seen", *OF_INTERESTS)
FEW = 3  # users whose notes are logged


def build_choices(config: Mapping[str, Any]) -> Choices:
    """How a list is made of K interests, of the config of `bam recommend`."""
    parts = ("merge", "weighting", "reranking")
    built = {name: component(config.get(name), name, config["trust"]) for name in parts}
    values = {name: config[name] for name in ("max_cosine", "exclude_seen")}
    return Choices(**built, **typed(Choices, values, ""))


@cache
def choices_of(options: tuple[str, ...]) -> Choices:
    """As `build_choices`, of the options as they are typed."""
    return build_choices(resolve(compose_with_hydra(options, "recommend")))


def interests(retriever: Retriever, history: Ids, options: Sequence[str]) -> UserInterests:
    """The interests of one history.

    Raises:
        Mistake: it is empty, or has an item that the data set does not have.
    """
    [found] = interests_many(retriever, {"": history}, options).values()
    return found


def interests_many(
    retriever: Retriever,
    histories: Mapping[Any, Ids],
    options: Sequence[str],
) -> dict[str, UserInterests]:
    """The interests of many histories, by the ids of their users, in blocks.

    Raises:
        Mistake: as `interests`; it names the user. Two users have ids that are equal as text, or
            an option changes lists alone.
    """
    require_histories(histories)
    _require_of(OF_INTERESTS, options)
    weighting = choices_of(tuple(options)).weighting
    read = [_read_known(retriever, items, str(user)) for user, items in histories.items()]
    blocks = [read[first : first + USERS] for first in range(0, len(read), USERS)]
    found = [one for block in blocks for one in retriever.interests(block, weighting)]
    return {history.user: one for history, one in zip(read, found, strict=True)}


def _require_of(known: Sequence[str], options: Sequence[str]) -> None:
    """Refuse an option that would change nothing."""
    for text in options:
        rule = f"options must be {', '.join(known)}, as KEY=VALUE"
        require(Override.parse(text).root in known, rule, text)


def require_histories(histories: Any) -> None:
    """Refuse what is no mapping, and ids of users that are equal as text."""
    rule = "histories must be a mapping from user to list of ids, such as {'ann': [50, 181]}"
    require(isinstance(histories, Mapping), rule, histories)
    counts = Counter(map(str, histories))
    twice = [user for user, count in counts.items() if count > 1]
    require(not twice, "each user must have an id of its own as text", ", ".join(twice))


def _read_known(retriever: Retriever, history: Ids, user: str) -> History:
    name = f"history of {user}" if user else "history"
    texts = _ids(history)
    require(bool(texts), f"{name} must hold at least one item", texts)
    found = read_history(retriever.items, texts, user)
    rule = f"{name} must hold items of {retriever.data}"
    require(not found.unknown, rule, ", ".join(found.unknown))
    return found


def recommend(
    retriever: Retriever,
    histories: Mapping[Any, Ids],
    n: int,
    options: Sequence[str],
) -> pl.DataFrame:
    """The n best items of each history.

    Raises:
        Mistake: n is no number from 1, a history is no list, two users have ids that are equal as
            text, or a wrong option.
    """
    rule = "n must be a whole number of at least 1, and options come after it"
    is_whole = isinstance(n, SupportsIndex) and not isinstance(n, bool)  # numpy has others
    require(is_whole and index(n) >= 1, rule, n)
    require_histories(histories)
    _require_of(OF_LISTS, options)
    read = [
        read_history(retriever.items, _ids(items), str(user)) for user, items in histories.items()
    ]
    choices = choices_of(tuple(options))
    warn(retriever.items, read)
    return recommend_all(retriever, read, index(n), choices)


def warn(items: Items, histories: Sequence[History]) -> None:
    """Log what readers should know of the answers; of many users that of the first."""
    noted = [(history.user, found) for history in histories if (found := notes(items, history))]
    for user, found in noted[:FEW]:
        for note in found:
            log.warning("%s%s", f"user {user}: " if user else "", note)
    if len(noted) > FEW:
        more = len(noted) - FEW
        log.warning("notes on %d more; bam recommend output=FILE.jsonl writes them all", more)


def _ids(history: Ids) -> list[str]:
    """The ids as text.

    Raises:
        Mistake: it is no list, or one text, whose letters would be taken for ids; or an id in it is
            no text and no number.
    """
    is_list = isinstance(history, Iterable) and not isinstance(history, str | bytes)
    require(is_list, "history must be a list of ids", history)
    return [_id(item) for item in history]


def _id(item: Any) -> str:
    """As text; 50.0 is 50, as in a table."""
    if isinstance(item, str):
        return item
    number = item.item() if isinstance(item, Tensor) and item.ndim == 0 else item
    is_number = not isinstance(number, bool) and isinstance(number, Real)
    is_known = is_number and (isinstance(number, Integral) or isfinite(number))
    require(is_known, "history must hold ids, which are texts or numbers", item)
    return str(int(number) if number == int(number) else number)
