"""Where the time of a loop goes, told by hooks: the loop itself is not touched."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch


class Stopwatch:
    """A lap ends a stage that began at the lap before; the first lap only starts the watch.

    Each lap waits for the device, so that a stage pays for its own work.
    """

    def __init__(self, device: torch.device):
        self.device, self.since = device, 0.0
        self.laps: dict[str, list[float]] = defaultdict(list)

    def at(self, stage: str) -> Callable[..., None]:
        """A hook, of whatever arguments, that ends `stage`."""

        def hook(*_: Any) -> None:
            torch.get_device_module(self.device).synchronize(self.device)
            now, laps = time.perf_counter(), self.laps[stage]
            if self.since:
                laps.append(now - self.since)
            self.since = now

        return hook

    def shares(self) -> dict[str, float]:
        """Each stage's part of the time, every lap of a stage taken at the median of its laps."""
        spent = {s: len(laps) * statistics.median(laps) for s, laps in self.laps.items() if laps}
        return {stage: seconds / sum(spent.values()) for stage, seconds in spent.items()}
