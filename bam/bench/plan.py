"""What conf/bench.yaml holds beside an experiment's options."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bam.errors import Mistake, require
from bam.experiment.instantiate import typed


@dataclass(frozen=True)
class Plan:
    """What is measured on which cases, what is compared, and where it is written."""

    matrix: dict[str, Any]  # the values of each axis
    measurements: dict[str, Any]  # a node each
    against: dict[str, str]  # one measurement over another
    growth: list[str]  # the axes along which a case is set against the first
    seconds: float
    rounds: int
    turns: int
    scratch: str
    output: str
    compare: str
    tolerance: float

    def __post_init__(self) -> None:
        require(self.turns >= 1, "turns must be at least 1", self.turns)
        require(self.tolerance > 0, "tolerance must be above 0", self.tolerance)
        require(not self.compare or Path(self.compare).is_file(),
                "compare must be the output of an earlier run", self.compare)  # fmt: skip
        unknown = ({*self.against, *self.against.values()}) - self.measurements.keys()
        require(not unknown, f"against must name {', '.join(self.measurements)}", self.against)
        require(set(self.growth) <= self.matrix.keys(),
                f"growth must name axes, of {', '.join(self.matrix)}", self.growth)  # fmt: skip


def split(config: Mapping[str, Any]) -> tuple[Plan, dict[str, Any]]:
    """The plan, and the config of the experiment."""
    names = {field.name for field in fields(Plan)}
    lacking = sorted(names - config.keys())
    if lacking:
        raise Mistake(f"conf/bench.yaml's {', '.join(lacking)} must stay in the config")
    plan = {key: value for key, value in config.items() if key in names}
    rest = {key: value for key, value in config.items() if key not in names}
    return Plan(**typed(Plan, plan, "")), rest
