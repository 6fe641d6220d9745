"""Ask a model: from the options of `bam recommend` to interests and lists."""

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl

from bam.config.compose import compose_with_hydra
from bam.config.instantiate import component, typed
from bam.config.resolve import resolve
from bam.errors import require
from bam.serving.answers import notes
from bam.serving.answers import recommend as recommend_all
from bam.serving.histories import read_history
from bam.serving.retriever import Choices, Retriever, UserInterests

log = logging.getLogger(__name__)


def build_choices(config: Mapping[str, Any]) -> Choices:
    """How a list is made of K interests, of the config of `bam recommend`."""
    parts = ("merge", "weighting", "reranking")
    built = {name: component(config[name], name, config["trust"]) for name in parts}
    values = {name: config[name] for name in ("max_cosine", "exclude_seen")}
    return Choices(**built, **typed(Choices, values, ""))


@cache
def choices_of(options: tuple[str, ...]) -> Choices:
    """As `build_choices`, of the options as they are typed."""
    return build_choices(resolve(compose_with_hydra(options, "recommend")))


def interests(
    retriever: Retriever, history: Sequence[str | int], options: Sequence[str]
) -> UserInterests:
    """The interests of one history.

    Raises:
        Mistake: it is empty, or has an item that the data set does not have.
    """
    texts = [str(item) for item in history]
    require(bool(texts), "history must hold at least one item", texts)
    found = read_history(retriever.items, texts)
    rule = f"history must hold items of {retriever.data}"
    require(not found.unknown, rule, ", ".join(found.unknown))
    return retriever.interests(found, choices_of(tuple(options)).weighting)


def recommend(
    retriever: Retriever,
    histories: Mapping[str, Sequence[str | int]],
    n: int,
    options: Sequence[str],
) -> pl.DataFrame:
    """The n best items of each history."""
    require(n >= 1, "n must be at least 1", n)
    read = [read_history(retriever.items, items, user) for user, items in histories.items()]
    for history in read:
        for note in notes(retriever.items, history):
            log.warning("%s%s", f"user {history.user}: " if history.user else "", note)
    return recommend_all(retriever, read, n, choices_of(tuple(options)))
