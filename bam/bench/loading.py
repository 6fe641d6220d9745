"""How long a prepared data set takes to be there, and what it holds in memory."""

import time
from collections.abc import Mapping
from typing import Any

import torch

from bam.bench.figures import Figures
from bam.experiment.instantiate import component
from bam.experiment.settings import settings
from bam.system.memory import host_memory_mb


class Loading:
    """Seconds, and MiB on top of the program's own, until the data is split and until a batch."""

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        shared, cut = settings(config), component(config["split"], "split")
        generator = torch.Generator().manual_seed(shared.seed)
        before, began = host_memory_mb("VmRSS"), time.perf_counter()
        interactions = component(config["dataset"], "dataset")
        loaded, loaded_mb = time.perf_counter() - began, host_memory_mb("VmRSS") - before
        split = cut(interactions)
        cut_seconds, cut_mb = time.perf_counter() - began, host_memory_mb("VmRSS") - before
        sampling = component(config["sampling"], "sampling")
        groups = sampling.groups(interactions.items, split.train, shared.batch_size, generator)
        next(next(groups))
        return Figures(lower={
            "load_s": loaded, "load_mb": loaded_mb,
            "split_s": cut_seconds, "split_mb": cut_mb,
            "batch_s": time.perf_counter() - began, "batch_mb": host_memory_mb("VmRSS") - before,
        })  # fmt: skip
