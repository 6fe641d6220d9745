"""What a board stores: the test of a run, what a method has above another one, and its users."""

from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

REPEATS = "repeated_targets"  # beside the metrics: the share of targets that their user had met


class Key(NamedTuple):
    """A row of a board: the runs of one method on one data set, which differ in their seeds."""

    method: str
    data: str
    protocol: str


@dataclass(frozen=True)
class Result:
    """One finished run."""

    method: str  # its experiment, and what else was typed
    K: int
    kind: str  # counts, one or several interests, interests with counts, or an ensemble
    data: str
    protocol: str
    seed: int
    refit: bool  # whether it was trained again on training and validation before the test
    steps: int
    minutes: float  # of training
    chosen_by: str  # the metric of the validation users that chose the weights
    valid: float | None  # its value
    machine: str
    date: str
    bam: str  # version
    commit: str
    checksum: str  # of the data; empty where it is not known
    command: str
    metrics: dict[str, float]  # of the test users

    @property
    def is_trained(self) -> bool:
        """Whether it is no blend, whose minutes are those of the runs that it blends."""
        return self.command.startswith("bam train ")

    @property
    def key(self) -> Key:
        return Key(self.method, self.data, self.protocol)


@dataclass(frozen=True)
class Gain:
    """The mean over users of a method's metric less another's, each a mean over its seeds."""

    method: str
    data: str
    protocol: str
    over: str
    metric: str
    mean: float
    low: float  # of its 95 % interval, for itself alone
    high: float
    p: float  # for itself alone: the correction depends on what else a page shows
    users: int

    @property
    def key(self) -> Key:
        return Key(self.method, self.data, self.protocol)


@dataclass(frozen=True)
class Baseline:
    """A metric of each test user of a method with which others are compared."""

    method: str
    data: str
    protocol: str
    metric: str
    checksum: str  # of the data
    values: Float[Tensor, " U"]  # means over the seeds

    @property
    def key(self) -> Key:
        return Key(self.method, self.data, self.protocol)
