"""The best items of a user: of each interest by itself, and of all of them by the model's score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.evaluation.ranking import ALONE, Catalogue, Pool, alone, block_scores
from bam.evaluation.top import Top
from bam.model.additions import Additions
from bam.records import PAD, Mixture

ITEMS = 20_480  # in a block of scores


@runtime_checkable
class Search(Protocol):
    """How the best items are found: by all scores, or by an index.

    What is added to an item's score is added to its score by each interest.
    """

    def pooled(self, mixture: Mixture, pool: Pool, added: Additions, n: int) -> Top:
        """The n best items [B n] by the joint score; PAD with -inf where there are fewer."""

    def each(self, mixture: Mixture, added: Additions, n: int) -> Top:
        """The n best items [B K n] of each interest, scored with its log weight."""


@dataclass(frozen=True)
class Exact:
    """Every item is scored, block by block, as in the evaluation."""

    catalogue: Catalogue

    @staticmethod
    def of(table: Float[Tensor, "V1 D"], rows: int) -> "Exact":
        """For products of about `rows` rows: users times interests."""
        return Exact(Catalogue.of(table, ITEMS, rows, copied=table.is_cpu))

    def pooled(self, mixture: Mixture, pool: Pool, added: Additions, n: int) -> Top:
        """As `Search`."""
        top = Top.empty(mixture.vectors)
        for first, scores in block_scores(mixture, self.catalogue, pool):
            added.write(scores, first)
            if first == PAD:
                scores[:, PAD] = -torch.inf
            top = top.merged(scores, first, n)
        return Top(top.score, top.item.masked_fill(top.score == -torch.inf, PAD))

    def each(self, mixture: Mixture, added: Additions, n: int) -> Top:
        """As `Search`."""
        B, K, _ = mixture.vectors.shape
        top = self.pooled(alone(mixture), ALONE, added.repeated(K), n)
        return Top(top.score.unflatten(0, (B, K)), top.item.unflatten(0, (B, K)))


def exclude(histories: Sequence[Int[Tensor, " _"]], device: torch.device) -> Additions:
    """All items of each history, which are not recommended: -inf is added to their scores."""
    length = torch.tensor([len(history) for history in histories], dtype=torch.int64)
    row = torch.arange(len(histories)).repeat_interleave(length).to(device)
    item = torch.cat([row[:0], *(history.to(device) for history in histories)])
    return Additions.excluding(row, item)
