"""How many points of a sweep a machine trains in an hour, several at a time."""

import time
from collections.abc import Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import Any

from bam.bench.figures import Figures
from bam.bench.program import train
from bam.errors import require


class Sweeping:
    """Points an hour of `bam train -m hydra/launcher=local`, the start of the program included.

    The points differ in their seed; `jobs` of them run at a time. A sweep of one point before it
    prepares the data.
    """

    def __init__(self, options: Sequence[str], points: int, jobs: int):
        require(points >= 1, "points must be at least 1", points)
        require(jobs >= 1, "jobs must be at least 1", jobs)
        self.options, self.points, self.jobs = list(options), points, jobs

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        self._seconds(config, 1)
        seconds = self._seconds(config, self.points) / self.points
        return Figures(higher={"points_per_hour": 3600 / seconds}, lower={"point_s": seconds})

    def _seconds(self, config: Mapping[str, Any], points: int) -> float:
        with TemporaryDirectory() as folder:
            seeds = ",".join(str(1 + i) for i in range(points))
            launcher = ("hydra/launcher=local", f"hydra.launcher.jobs={self.jobs}")
            sweep = (*launcher, f"hydra.sweep.dir={folder}/sweep", f"seed={seeds}")
            began = time.perf_counter()
            train(config, ["-m", *self.options, *sweep])
            return time.perf_counter() - began
