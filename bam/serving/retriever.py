"""A trained model with all that it needs to answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import embedding

from bam.errors import Mistake, require
from bam.evaluation.balance import winners
from bam.evaluation.queries import cosines, distinct_interests
from bam.evaluation.ranking import Pool
from bam.model.additions import Additions
from bam.model.blend import Blend, Scores
from bam.model.scores import interest_scores
from bam.records import PAD, Mixture, in_one_process
from bam.serving.found import Found, Merged, by_memory
from bam.serving.histories import History, Users, pad_histories
from bam.serving.items import Items
from bam.serving.search import Search, exclude


@runtime_checkable
class Weighting(Protocol):
    """What an option of bam.serving.weighting decides."""

    def __call__(self, mixture: Mixture, history: Tensor, real: Tensor) -> Tensor: ...


@runtime_checkable
class Reranking(Protocol):
    """What an option of bam.serving.reranking decides."""

    def candidates(self, n: int) -> int: ...
    def __call__(self, merged: Merged, genres: Callable[[], Tensor], n: int) -> Merged: ...


@dataclass(frozen=True)
class Choices:
    """How a list is made of K interests; see conf/recommend.yaml."""

    merge: Callable[[Found, int], Merged]  # an option of bam.serving.merge
    weighting: Weighting
    reranking: Reranking
    max_cosine: float  # of two interests that each send a query; 1: all do
    exclude_seen: bool  # whether the items of the history are left out

    def __post_init__(self) -> None:
        rule = "max_cosine must be from -1 to 1"
        require(-1 <= self.max_cosine <= 1, rule, self.max_cosine)


@dataclass(frozen=True, repr=False, eq=False)
class UserInterests:
    """The interests that a model finds in one history; interest k of a list is row k - 1."""

    vectors: Float[Tensor, "K D"]  # their inner product with an item's vector is its score
    weights: Float[Tensor, " K"]  # how much each counts; they sum to 1
    routing: Float[Tensor, "K L"]  # share of each item in each interest; L is 0 without shares
    items: list[str]  # the L items that the model has seen, oldest first

    def __repr__(self) -> str:
        (K, D), L = self.vectors.shape, len(self.items)
        weights = ", ".join(f"{weight:.2f}" for weight in self.weights.tolist())
        return f"UserInterests({K} interests of width {D}, weights [{weights}], {L} items)"


@dataclass(frozen=True)
class Recommended:
    """What a block of users is recommended, and by which interests."""

    histories: Sequence[History]  # B
    read: Int[Tensor, "B L"]  # the items that the model has seen, oldest first, PAD at the end
    found: Found
    # [B K L]: how much of each item each interest takes: its routing, or by its scores without one
    feeds: Float[Tensor, "B K L"]
    merged: Merged
    remembered: Bool[Tensor, "B n"]  # the items of the lists that the memory has brought
    memory: str  # its name


@dataclass(frozen=True)
class Retriever:
    """History in, interests and items out; it changes nothing, so that threads may share it."""

    data: str  # the name of the data set
    encoder: Callable[[Tensor, Tensor], Mixture]  # of items [B L] and their times [B W]
    pool: Pool  # the aggregation's
    memory: Blend
    table: Float[Tensor, "V1 D"]  # every row, as it scores against interests
    search: Search
    items: Items
    users: Users
    history_length: int
    without_times: str = ""  # the model needs times, but for this option; empty: it needs none

    def find(
        self, histories: Sequence[History], choices: Choices
    ) -> tuple[Int[Tensor, "B L"], Found]:
        """The interests of some histories, none of them empty, and what these find."""
        read, mixture = self._read(histories)
        weight = choices.weighting(mixture, embedding(read, self.table), read != PAD)
        cosine = cosines(mixture.vectors)
        kept, weight = distinct_interests(cosine, weight, choices.max_cosine)
        log_weight = mixture.log_weight.masked_fill(~kept, -torch.inf)
        mixture = replace(mixture, log_weight=log_weight)
        excluded = exclude([one.items for one in histories if choices.exclude_seen], read.device)
        remembered = self.memory(read, self._scores(mixture))
        alone = self._found(mixture, weight, excluded, Additions.none(read.device), None)
        if not len(remembered.item):
            return read, alone
        return read, self._found(mixture, weight, excluded, remembered, alone)

    def _found(
        self,
        mixture: Mixture,
        weight: Float[Tensor, "B K"],
        excluded: Additions,
        remembered: Additions,
        alone: Found | None,
    ) -> Found:
        """What interests and a memory find among the items that are not excluded."""
        added = remembered.plus(excluded)
        return Found(
            mixture=mixture,
            weight=weight,
            pooled=lambda n: self.search.pooled(mixture, self.pool, added, n),
            each=lambda n: self.search.each(mixture, added, n),
            winner=lambda item: winners(mixture, embedding(item, self.table)),
            memory=remembered.of,
            remembered=lambda n: added.best(len(weight), n),
            alone=alone,
        )

    @torch.inference_mode()
    def recommend(self, histories: Sequence[History], n: int, choices: Choices) -> Recommended:
        """The n best items of each history, or all; none of the histories may be empty."""
        n = min(n, len(self.table) - 1)
        read, found = self.find(histories, choices)
        merged = self._merge(found, n, choices)
        remembered = torch.zeros_like(merged.item, dtype=torch.bool)
        if found.alone is not None:
            remembered = by_memory(merged.item, self._merge(found.alone, n, choices).item)
        fed = feeds(found.mixture, read, self.table)
        return Recommended(histories, read, found, fed, merged, remembered, self.memory.name)

    def _merge(self, found: Found, n: int, choices: Choices) -> Merged:
        """One list for each user."""
        merged = choices.merge(found, choices.reranking.candidates(n))
        return choices.reranking(merged, lambda: self.items.genres, n)

    @torch.no_grad()  # and no inference tensors: their user may train with them
    def interests(self, histories: Sequence[History], weighting: Weighting) -> list[UserInterests]:
        """The interests of each history; none of the histories may be empty."""
        read, mixture = self._read(histories)
        weight = weighting(mixture, embedding(read, self.table), read != PAD)
        parts = (mixture.vectors.cpu(), weight.cpu(), mixture.routing.cpu())
        found = []
        for *own, row in zip(*parts, read.tolist(), strict=True):
            vectors, weights, routing = (part.clone() for part in own)
            items = self.items.texts([number for number in row if number != PAD])
            found.append(UserInterests(vectors, weights, routing[:, : len(items)], items))
        return found

    def _scores(self, mixture: Mixture) -> Scores:
        """What these interests give to items."""
        table = self.table
        return Scores(
            mixture,
            self.pool,
            lambda item: embedding(item, table),
            lambda: table[PAD + 1 :],
            in_one_process,
        )

    def _read(self, histories: Sequence[History]) -> tuple[Int[Tensor, "B L"], Mixture]:
        """What the model sees of some histories, and what it makes of it."""
        if self.without_times and not all(len(one.times) for one in histories):
            raise Mistake(
                "the history must have times, which users of the data set have: give users=[ID]; "
                f"a model with {self.without_times} needs none"
            )
        read, times = pad_histories(histories, self.history_length)
        read, times = read.to(self.table.device), times.to(self.table.device)
        return read, self.encoder(read, times)


def feeds(
    mixture: Mixture, read: Int[Tensor, "B L"], table: Float[Tensor, "V1 D"]
) -> Float[Tensor, "B K L"]:
    """How much of each item of the history each interest takes.

    The routing of the backbone; of one without routing, softmax_k(<m_k, e_i> + log_weight_k).
    """
    if mixture.routing.shape[2]:
        return mixture.routing
    share = interest_scores(mixture, embedding(read, table)).softmax(1)
    return share * (read != PAD)[:, None]
