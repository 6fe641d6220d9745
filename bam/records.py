"""The records that pass between the parts. Nothing here computes anything."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

PAD = 0  # the id that fills a short history; never an item


def in_one_process(compute: Callable[..., Tensor], *x: Tensor | None) -> Tensor:
    """What one process computes of x, as [1 *t]."""
    return compute(*x)[None]


@dataclass(frozen=True)
class Interactions:
    """Every user's items in time order, one user after another, memory-mapped from `folder`."""

    name: str
    folder: Path
    items: Int[Tensor, " N"]  # int32 ids 1..V
    offsets: Int[Tensor, " U1"]  # user u owns items[offsets[u] : offsets[u + 1]]
    times: Int[Tensor, " M"]  # seconds, one an item; empty where the source has no times
    # int8, one an item, which rises within a user: -1 is history alone, 0 trains, 1 validates, and
    # 2 tests; empty unless the source came in files of train, valid and test
    part: Int[Tensor, " P"]
    num_items: int  # V
    checksum: str  # equal for equal data


@dataclass(frozen=True)
class Events:
    """What all users have done, one user after another, on the device of the model."""

    items: Int[Tensor, " N"]  # ids 1..V
    times: Int[Tensor, " M"]  # seconds, one an item; empty where no part of the model needs them


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
    times: Int[Tensor, "B W"]  # of the items, in seconds; W is L, or 0 where no part needs them
    target: Int[Tensor, " N"]
    # of the item before each target in the flattened history; targets of one place, one after
    # another, are a set: the history ends there for all of them
    place: Int[Tensor, " N"]
    # the set of each target, with itself, PAD at the end; None: each target is alone
    target_set: Int[Tensor, "N T"] | None = None


@dataclass(frozen=True)
class Negatives:
    """Sampled items, which the loss compares the targets with."""

    ids: Int[Tensor, "R S"]
    log_q: Float[Tensor, "R S"]  # log(V q): how much more often than uniformly each is drawn


@dataclass(frozen=True)
class Histories:
    """What a backbone gets: the histories of a batch, oldest item first, padding at the end."""

    ids: Int[Tensor, "B L"]
    items: Float[Tensor, "B L D"]  # their rows of the table
    real: Bool[Tensor, "B L"]  # False on padding
    times: Int[Tensor, "B W"]  # in seconds; W is L, or 0 where no part of the model needs them


@dataclass(frozen=True)
class Interests:
    """What a backbone makes of a history."""

    vectors: Float[Tensor, "B K D"]
    routing: Float[Tensor, "B K L"]  # share of each history item in each interest; 0 on padding
    summary: Float[Tensor, "B D"]  # the history in one vector, for what weighs the interests

    @staticmethod
    def unrouted(vectors: Float[Tensor, "B K D"], summary: Float[Tensor, "B D"]) -> "Interests":
        """Of a backbone that does not share out the history: L is 0."""
        return Interests(vectors, vectors[:, :, :0], summary)


@dataclass(frozen=True)
class Mixture:
    """Interests, and how much each counts where all of them score an item together."""

    vectors: Float[Tensor, "B K D"]
    routing: Float[Tensor, "B K L"]  # as the backbone's
    log_weight: Float[Tensor, "B K"]  # added to the scores of each interest; zeros: no gate
    weight: Float[Tensor, "B K"]  # how much each counts where lists are merged; rows sum to 1

    @staticmethod
    def gated(interests: Interests, log_weight: Float[Tensor, "B K"]) -> "Mixture":
        """Interests that count by their log weights, as they score."""
        return Mixture(interests.vectors, interests.routing, log_weight, log_weight.softmax(1))

    @staticmethod
    def equal(interests: Interests) -> "Mixture":
        """Interests that all count equally."""
        B, K, _ = interests.vectors.shape
        log_weight = interests.vectors.new_zeros(B, K)
        return Mixture(
            interests.vectors, interests.routing, log_weight, log_weight.new_full((B, K), 1 / K)
        )


@dataclass(frozen=True)
class Choice:
    """The interests that are chosen for a target, and how much each counts."""

    interest: Int[Tensor, "B C"]
    weight: Float[Tensor, "B C"]  # each row sums to 1


@dataclass(frozen=True)
class Answer:
    """The interests that answer for a target: G groups of M interests that answer together."""

    vectors: Float[Tensor, "B K D"]
    group: Int[Tensor, "B G M"] | None  # which of the vectors; None: all, in their order
    log_gate: Float[Tensor, "B G M"] | None  # added to the scores of each of them; None: no gate
    weight: Float[Tensor, "B G"]  # how much each group counts; each row sums to 1
    # b in the joint score (1/b) log sum_k exp(b s_k) of a group; infinite: its maximum
    sharpness: float = 1.0
    # log of how probable each group is, where their probabilities are added; None: their nll is
    log_mix: Float[Tensor, "B G"] | None = None


@dataclass(frozen=True)
class Candidates:
    """The items that a likelihood compares: the target with the negatives, or with every item."""

    target: Float[Tensor, "B D"]
    negatives: Float[Tensor, "R S D"]
    log_q: Float[Tensor, "R S"]  # log(V q) of the negatives
    accidental_hit: Bool[Tensor, "B S"]  # True where a negative is a target of the row's set
    num_items: int  # V
    # every item, or those that this process holds; each call computes them
    table: Callable[[], Float[Tensor, "v D"]]
    # (compute, *x [B *s]) -> [P B *t]: what each of the P processes that share out the table
    # computes of x with the items that it holds
    everywhere: Callable[..., Float[Tensor, "P B *t"]] = in_one_process


@dataclass(frozen=True)
class Prediction:
    """What a model has made of a batch, for the terms that are added to the losses."""

    batch: Batch
    histories: Histories
    backbone: nn.Module  # makes interests of other histories too: `backbone(histories)`
    interests: Interests  # of the history before each target, as the backbone gives them
    mixture: Mixture  # of them, as they score
    candidates: Candidates
    choice: Choice


@dataclass(frozen=True)
class TrackedRun:
    """What a tracker knows of a run when it starts."""

    folder: Path
    name: str  # short: the choices, and what else the command changes
    sweep: str  # the name of the sweep that the run is a point of; empty outside one
    tags: dict[str, str]  # the choices, the seed and the commit
    overrides: dict[str, str]  # what the command changes, by its path


@dataclass(frozen=True)
class End:
    """How a run has ended; its files are in its folder."""

    status: str  # finished, failed or interrupted
    error: str  # of a run that failed
    numbers: dict[
        str, int | float
    ]  # such as test/recall@10 and best_step; none unless it is finished


@dataclass(frozen=True)
class Track:
    """What a tracker receives, each by a function that stores it."""

    loss: Callable[[int, float], None]  # a step, and the mean loss of the last steps
    validation: Callable[[dict[str, Any]], None]  # the step, and the numbers of its validation
    end: Callable[[End], None]  # once, when no more follows
