"""What two memories know: their shares are mixed."""

from collections.abc import Callable
from dataclasses import replace

from jaxtyping import Int
from torch import Tensor, nn

from bam.errors import require
from bam.model.additions import Additions


class Mixed(nn.Module):
    """share(i) = (1 - weight) share of transitions + weight share of neighbours.

    Both are memories that lack `num_items` and `training` alone.
    """

    holds_histories = True

    def __init__(
        self,
        num_items: int,
        training: Callable[[], tuple[Tensor, Tensor]],
        transitions: Callable[..., nn.Module],
        neighbours: Callable[..., nn.Module],
        weight: float,
    ):
        super().__init__()
        require(0 < weight < 1, "weight must be above 0 and below 1", weight)
        self.weight = weight
        self.transitions = transitions(num_items=num_items, training=training)
        self.neighbours = neighbours(num_items=num_items, training=training)

    def forward(self, history: Int[Tensor, "B L"]) -> Additions:
        followed, votes = self.transitions(history), self.neighbours(history)
        followed = replace(followed, score=(1 - self.weight) * followed.score)
        return followed.plus(replace(votes, score=self.weight * votes.score))
