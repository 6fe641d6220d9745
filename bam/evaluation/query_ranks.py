"""The rank of each target under each interest alone, counted while all interests are scored."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor

from bam.evaluation.ranking import GivenScores, count_not_below
from bam.model.additions import Additions


@dataclass(frozen=True)
class QueryRanks:
    """How many items do not score below each target, by each of the B K interests."""

    own: Float[Tensor, "BK T"]  # what each interest gives the targets of its user
    changes: Sequence[Additions | GivenScores]  # of the model's scores
    count: Int[Tensor, "BK T"]  # of the tiles that have been added
    stop: int  # the id after the last item: what a tile has beyond it is to be left out

    @staticmethod
    def of(
        own: Float[Tensor, "BK T"], changes: Sequence[Additions | GivenScores], stop: int
    ) -> "QueryRanks":
        """Before the first tile."""
        return QueryRanks(own, changes, torch.zeros_like(own, dtype=torch.int32), stop)

    def add(self, first: int, scores: Float[Tensor, "B K w"]) -> None:
        """Count the items of a tile, whose first is `first`; its scores are changed."""
        for some in self.changes:
            some.write(rearrange(scores, "B K w -> K B w"), first)
        tile = scores.flatten(0, 1)[:, : self.stop - first]
        self.count.add_(count_not_below(tile, self.own))
