"""What a measurement tells, and its memory."""

from dataclasses import dataclass, field

import torch

from bam.experiment.memory import host_memory_mb, peak_memory_mb


@dataclass(frozen=True)
class Figures:
    """Numbers by name, apart by which way is better; and where the time went."""

    higher: dict[str, float] = field(default_factory=dict)
    lower: dict[str, float] = field(default_factory=dict)
    share: dict[str, float] = field(default_factory=dict)  # of the time, by stage; sums to 1


def peak_memory(device: torch.device) -> dict[str, float]:
    """The most this process has held so far, in MiB, on the host and on a GPU."""
    found = {"peak_mb": host_memory_mb("VmHWM")}
    if device.type == "cuda":
        found["gpu_peak_mb"] = peak_memory_mb(device)
    return found
