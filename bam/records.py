"""The records that pass between the parts. Nothing here computes anything."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxtyping import Bool, Float, Int
from torch import Tensor

Track = Callable[[dict[str, Any]], None]  # is told the numbers of each validation
PAD = 0  # the id that fills a short history; never an item


@dataclass(frozen=True)
class Interactions:
    """Every user's items in time order, one user after another, memory-mapped from `folder`."""

    name: str
    folder: Path
    items: Int[Tensor, " N"]  # int32 ids 1..V
    offsets: Int[Tensor, " U1"]  # user u owns items[offsets[u] : offsets[u + 1]]
    times: Int[Tensor, " M"]  # seconds, one an item; empty where the source tells no time
    num_items: int  # V


@dataclass(frozen=True)
class Spans:
    """Pieces of the flat items: `items[start:cut]` came before the targets `items[cut:stop]`."""

    start: Int[Tensor, " U"]
    cut: Int[Tensor, " U"]
    stop: Int[Tensor, " U"]


@dataclass(frozen=True)
class Split:
    """What is trained on, what chooses the weights, and what is reported."""

    train: Spans  # any position of cut..stop-1 may be a training target
    valid: Spans
    test: Spans


@dataclass(frozen=True)
class Batch:
    """Training examples: N targets, each with what came before it."""

    history: Int[Tensor, "B L"]  # oldest first, PAD at the end
    target: Int[Tensor, " N"]
    place: Int[Tensor, " N"]  # of the item before each target in the flattened history


@dataclass(frozen=True)
class Negatives:
    """Items that targets are told apart from."""

    ids: Int[Tensor, "R S"]
    log_q: Float[Tensor, "R S"]  # log(V q): how much more often than uniformly each is drawn


@dataclass(frozen=True)
class Interests:
    """What a backbone makes of a history."""

    vectors: Float[Tensor, "B K D"]
    routing: Float[Tensor, "B K L"]  # share of each history item in each interest; 0 on padding

    @staticmethod
    def unrouted(vectors: Float[Tensor, "B K D"]) -> "Interests":
        """Of a backbone that does not share out the history: L is 0."""
        return Interests(vectors, vectors[:, :, :0])


@dataclass(frozen=True)
class Mixture(Interests):
    """Interests, and how they answer together."""

    components: Float[Tensor, "B K E"]  # a coordinate that items lack adds to every score


@dataclass(frozen=True)
class Choice:
    """The interests that answer for a target, and how much each answer counts."""

    interest: Int[Tensor, "B C"]
    weight: Float[Tensor, "B C"]  # each row sums to 1


@dataclass(frozen=True)
class Candidates:
    """What an interest must tell apart: the target from the negatives, or from every item."""

    target: Float[Tensor, "B D"]
    negatives: Float[Tensor, "R S D"]
    log_q: Float[Tensor, "R S"]  # log(V q) of the negatives
    own: Bool[Tensor, "B S"]  # True where a negative is the row's own target
    num_items: int  # V
    table: Callable[[], Float[Tensor, "V D"]]  # every item, made when a likelihood asks for it
    log_sums: list[Tensor]  # [B K]: empty until a likelihood has them of every interest
