"""The numbers of a measurement, and the memory of its process."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import fmean, median

import torch

from bam.system.device import is_gpu
from bam.system.memory import host_memory_mb, peak_memory_mb


@dataclass(frozen=True)
class Figures:
    """Numbers by name, in two groups by which direction is better; and how the time was spent."""

    higher: dict[str, float] = field(default_factory=dict)
    lower: dict[str, float] = field(default_factory=dict)
    share: dict[str, float] = field(default_factory=dict)  # of the time, by stage; sums to 1


def combine(turns: list[Figures], best: bool) -> Figures:
    """The median of each number, or its best; of shares the mean, so that they still sum to 1."""
    return Figures(
        higher=_over([turn.higher for turn in turns], max if best else median),
        lower=_over([turn.lower for turn in turns], min if best else median),
        share=_over([turn.share for turn in turns], fmean),
    )


def _over(
    turns: list[dict[str, float]], mean: Callable[[Iterable[float]], float]
) -> dict[str, float]:
    return {name: mean(turn[name] for turn in turns) for name in turns[0]}


def peak_memory(device: torch.device) -> dict[str, float]:
    """The peak of this process so far, in MiB, on the host and on a GPU."""
    found = {"peak_mb": host_memory_mb("VmHWM")}
    if is_gpu(device):
        found["gpu_peak_mb"] = peak_memory_mb(device)
    return found
