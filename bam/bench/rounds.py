"""The speed of a task that is repeated."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bam.bench.clock import clock
from bam.errors import require


@dataclass(frozen=True)
class Rate:
    """How many units of work, such as samples, and how many calls of a task fit in a second."""

    units: float
    calls: float


@dataclass(frozen=True)
class Rounds:
    """Repeated calls for `seconds` in `count` rounds, as bam.bench.training measures.

    With `cpu_time` only the seconds count in which this process computes.
    """

    seconds: float
    count: int
    cpu_time: bool

    def __post_init__(self) -> None:
        require(self.seconds > 0, "seconds must be above 0", self.seconds)
        require(self.count >= 1, "rounds must be at least 1", self.count)

    def rate(self, task: Callable[[], int]) -> Rate:
        """The median round; two calls before the first round are not counted.

        The task returns how many units of work it has done.
        """
        task(), task()
        rounds = [self._round(task) for _ in range(self.count)]
        units, calls = zip(*rounds, strict=True)
        return Rate(statistics.median(units), statistics.median(calls))

    def _round(self, task: Callable[[], int]) -> tuple[float, float]:
        now = clock(self.cpu_time)
        began, calls, units, took = now(), 0, 0, 0.0
        while took < self.seconds / self.count:
            units += task()
            calls, took = calls + 1, now() - began
        return units / took, calls / took
