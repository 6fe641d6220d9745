"""What a measurement tells, and its memory."""

import math
import resource
from dataclasses import dataclass, field
from pathlib import Path

import torch

MIB = 2**20
STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Figures:
    """Numbers by name, apart by which way is better; and where the time went."""

    higher: dict[str, float] = field(default_factory=dict)
    lower: dict[str, float] = field(default_factory=dict)
    share: dict[str, float] = field(default_factory=dict)  # of the time, by stage; sums to 1


def peak_memory(device: torch.device) -> dict[str, float]:
    """The most this process has held so far, in MiB, on the host and on a GPU."""
    found = {"peak_mb": _status("VmHWM")}
    if device.type == "cuda":
        found["gpu_peak_mb"] = torch.cuda.max_memory_allocated(device) / MIB
    return found


def resident_memory() -> float:
    """What this process holds now, in MiB, with the pages of mapped files that it touched."""
    return _status("VmRSS")


def _status(key: str) -> float:
    if not STATUS.exists():  # not Linux: the peak stands for both, in bytes on macOS
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    lines = STATUS.read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(key)), math.nan)
