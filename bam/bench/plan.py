"""The keys of conf/bench.yaml that are not options of an experiment."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bam.config.instantiate import typed
from bam.errors import Mistake, require


@dataclass(frozen=True)
class Plan:
    """What is measured on which cases, what is compared, and where it is written.

    Raises:
        Mistake: a value is out of range, or a name is not one of the plan's own.
    """

    matrix: dict[str, Any]  # the values of each axis
    measurements: dict[str, Any]  # a config node for each
    against: dict[str, str]  # which measurement is divided by which
    growth: list[str]  # axes along which each case is divided by the first
    seconds: float
    rounds: int
    cpu_time: bool
    turns: int
    best_turn: bool
    scratch: str
    output: str
    compare: str
    ratios_only: bool
    tolerance: float

    def __post_init__(self) -> None:
        require(self.turns >= 1, "turns must be at least 1", self.turns)
        require(self.tolerance > 0, "tolerance must be above 0", self.tolerance)
        exists = not self.compare or Path(self.compare).is_file()
        require(exists, "compare must be the output of an earlier run", self.compare)
        unknown = ({*self.against, *self.against.values()}) - self.measurements.keys()
        require(not unknown, f"against must name {', '.join(self.measurements)}", self.against)
        axes = set(self.growth) <= self.matrix.keys()
        require(axes, f"growth must name axes of {', '.join(self.matrix)}", self.growth)


def split(config: Mapping[str, Any]) -> tuple[Plan, dict[str, Any]]:
    """The plan, and the config of the experiment.

    Raises:
        Mistake: a key of the plan is missing or wrong.
    """
    names = {field.name for field in fields(Plan)}
    missing = sorted(names - config.keys())
    if missing:
        raise Mistake(f"{', '.join(missing)} must be in conf/bench.yaml; put them back")
    plan = {key: value for key, value in config.items() if key in names}
    rest = {key: value for key, value in config.items() if key not in names}
    return Plan(**typed(Plan, plan, "")), rest
