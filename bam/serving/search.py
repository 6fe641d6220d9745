"""The best items of a user: of each interest by itself, and of all of them by the model's score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.evaluation.ranking import ALONE, Catalogue, GivenScores, Pool, Top, alone, block_scores
from bam.records import PAD, Mixture

ITEMS = 20_480  # in a block of scores


@dataclass(frozen=True)
class Excluded:
    """Items that are not recommended to a user: `item[i]` not to user `row[i]`."""

    row: Int[Tensor, " M"]
    item: Int[Tensor, " M"]


@runtime_checkable
class Search(Protocol):
    """How the best items are found: by all scores, or by an index."""

    def pooled(self, mixture: Mixture, pool: Pool, excluded: Excluded, n: int) -> Top:
        """The n best items [B n] by the model's score; PAD with -inf where there are fewer."""

    def each(self, mixture: Mixture, excluded: Excluded, n: int) -> Top:
        """The n best items [B K n] of each interest, scored with its log weight."""


@dataclass(frozen=True)
class Exact:
    """Every item is scored, block by block, as in the evaluation."""

    catalogue: Catalogue

    @staticmethod
    def of(table: Float[Tensor, "V1 D"], rows: int) -> "Exact":
        """For products of about `rows` rows: users times interests."""
        return Exact(Catalogue.of(table, ITEMS, rows, copied=table.is_cpu))

    def pooled(self, mixture: Mixture, pool: Pool, excluded: Excluded, n: int) -> Top:
        """As `Search`."""
        top, given = Top.empty(mixture.vectors), _without(excluded, len(mixture.vectors))
        for first, scores in block_scores(mixture, self.catalogue, pool):
            given.write(scores, first)
            top = top.merged(scores, first, n)
        return Top(top.score, top.item.masked_fill(top.score == -torch.inf, PAD))

    def each(self, mixture: Mixture, excluded: Excluded, n: int) -> Top:
        """As `Search`."""
        B, K, _ = mixture.vectors.shape
        row = (excluded.row[:, None] * K + torch.arange(K, device=excluded.row.device)).flatten()
        item = excluded.item.repeat_interleave(K)
        top = self.pooled(alone(mixture), ALONE, Excluded(row, item), n)
        return Top(top.score.unflatten(0, (B, K)), top.item.unflatten(0, (B, K)))


def exclude(histories: Sequence[Int[Tensor, " _"]], device: torch.device) -> Excluded:
    """All items of each history."""
    length = torch.tensor([len(history) for history in histories], dtype=torch.int64)
    row = torch.arange(len(histories)).repeat_interleave(length)
    return Excluded(row.to(device), torch.cat([row[:0], *histories]).to(device))


def _without(excluded: Excluded, rows: int) -> GivenScores:
    """What is excluded, and padding of every row, scores -inf."""
    every = torch.arange(rows, device=excluded.row.device)
    row, item = torch.cat([excluded.row, every]), torch.cat([excluded.item, every * 0 + PAD])
    return GivenScores(row, item, torch.full(row.shape, -torch.inf, device=row.device))
