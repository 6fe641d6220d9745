"""How the time of a loop is spent, measured by hooks: the loop itself is not changed."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch


class Stopwatch:
    """Each lap ends a stage, which began at the lap before it; the first lap starts the watch.

    A lap waits for the device, so that work is counted in the stage that ordered it.
    """

    def __init__(self, device: torch.device):
        self.device, self.since = device, 0.0
        self.laps: dict[str, list[float]] = defaultdict(list)

    def at(self, stage: str) -> Callable[..., None]:
        """A hook, with any arguments, that ends `stage`."""

        def hook(*_: Any) -> None:
            torch.get_device_module(self.device).synchronize(self.device)
            now, laps = time.perf_counter(), self.laps[stage]
            if self.since:
                laps.append(now - self.since)
            self.since = now

        return hook

    def shares(self) -> dict[str, float]:
        """Each stage's share of the time; every lap counts as the median lap of its stage."""
        spent = {s: len(laps) * statistics.median(laps) for s, laps in self.laps.items() if laps}
        return {stage: seconds / sum(spent.values()) for stage, seconds in spent.items()}
