"""The time and memory to load a prepared data set."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from bam.bench.figures import Figures
from bam.config.instantiate import component
from bam.config.settings import settings
from bam.records import Events
from bam.system.memory import host_memory_mb


class Loading:
    """Seconds and additional MiB until the data is loaded, then split, then in a first batch."""

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        shared = settings(config)
        split_by = component(config["split"], "split", shared.trust)
        generator = torch.Generator().manual_seed(shared.seed)
        since = _Since(time.perf_counter(), host_memory_mb("VmRSS"))
        interactions = component(config["dataset"], "dataset", shared.trust)
        loaded = since.cost("load")
        split = split_by(interactions)
        divided = since.cost("split")
        sampling = component(config["sampling"], "sampling", shared.trust)
        events = Events(interactions.items, interactions.times[:0])
        groups = sampling.groups(events, split.train, shared.batch_size, generator)
        next(next(groups))
        return Figures(lower={**loaded, **divided, **since.cost("batch")})


@dataclass(frozen=True)
class _Since:
    """The moment at which a measurement began, and the process's memory then."""

    seconds: float
    memory_mb: float

    def cost(self, name: str) -> dict[str, float]:
        seconds = time.perf_counter() - self.seconds
        return {f"{name}_s": seconds, f"{name}_mb": host_memory_mb("VmRSS") - self.memory_mb}
