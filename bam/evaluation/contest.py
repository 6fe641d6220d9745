"""What a block of users is asked: which items compete with which targets, and with what scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from bam.evaluation.ranking import GivenScores
from bam.evaluation.top import Top
from bam.model.additions import SHIFT, Additions
from bam.records import PAD, Mixture


@dataclass(frozen=True)
class Contest:
    """The targets of each user, and the items whose scores are not the model's.

    A target has the score that the protocol leaves it, another item the one that is given to it,
    and any other what the memory adds to the model's.
    """

    target: Int[Tensor, "B T"]  # PAD: no target
    added: Additions
    seen: GivenScores
    target_score: Callable[[Tensor, Tensor], Tensor]  # of the protocol

    def own(self, score: Float[Tensor, "*K B T"]) -> Float[Tensor, "*K B T"]:
        """What targets score, if the model gives them `score`."""
        return self.target_score(score + self.added.of(self.target), self._met())

    def changes(self, own: Float[Tensor, "*K B T"]) -> list[Additions | GivenScores]:
        """How the model's scores change, one after another."""
        row, place = (self.target != PAD).nonzero(as_tuple=True)
        targets = GivenScores(row, self.target[row, place], own[..., row, place])
        return [self.added, self.seen, targets]

    def _met(self) -> Bool[Tensor, "B T"]:
        """Which targets are among the seen items of their user."""
        row = torch.arange(len(self.target), device=self.target.device)[:, None]
        return torch.isin(row << SHIFT | self.target, self.seen.row << SHIFT | self.seen.item)


@dataclass(frozen=True)
class Standing:
    """The ranks of the targets, and the best items; -inf where there are fewer."""

    rank: Int[Tensor, "B T"]  # how many items do not score below it; any number where no target is
    alone: Int[Tensor, "B K T"] | None  # the same under each interest by itself, if asked for
    top: Top


@runtime_checkable
class Ranker(Protocol):
    """How all items are ranked: in tiles by torch, or by a kernel.

    A tie counts against the target, and so does a score that is not a number.
    """

    def rank(self, mixture: Mixture, contest: Contest, length: int, each: bool) -> Standing:
        """The ranks and the best `length` items; with `each` also under each interest alone."""

    def winners(self, mixture: Mixture, item: Int[Tensor, "B n"]) -> Int[Tensor, "B n"]:
        """The interest that scores each item highest."""
