"""The memory of this process: freed buffers are reused, and the peak is measured."""

import ctypes
import math
import os
import sys
from contextlib import suppress
from pathlib import Path

import torch

from bam.system.device import is_gpu

MEMINFO = Path("/proc/meminfo")
# of a container, in the second and the first version of Linux's control groups
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # glibc's malloc.h


def reuse_freed_memory() -> None:
    """Let glibc reuse freed buffers, instead of mapping and clearing new pages at each step.

    On activations of 128 x 50 x 256 this halves the time of tanh and its gradient. Without glibc
    nothing happens.
    """
    try:
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    except TypeError:  # Windows has no library of the whole program
        mallopt = None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 32 * 2**20)  # the largest value that glibc accepts
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(M_TOP_PAD, 64 * 2**20)


def total_memory(device: torch.device) -> int:
    """Bytes of a GPU, or of this machine with its swap space, or what a container may use of it.

    Where the system does not show it, as Windows, no number is too large.
    """
    if is_gpu(device):
        total: int = torch.cuda.get_device_properties(device).total_memory
        return total
    lines = MEMINFO.read_text("ascii").splitlines() if MEMINFO.exists() else []
    known = {line.split()[0]: int(line.split()[1]) << 10 for line in lines}
    machine = known.get("MemTotal:", _pages()) + known.get("SwapTotal:", 0)
    return min([machine, *(int(path.read_text("ascii")) for path in LIMITS if _is_limit(path))])


def _pages() -> int:
    """Bytes of this machine, by POSIX; Windows has no sysconf."""
    if not hasattr(os, "sysconf"):
        return sys.maxsize
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _is_limit(path: Path) -> bool:
    return path.is_file() and path.read_text("ascii").strip().isdecimal()


def reset_peak_memory(device: torch.device) -> None:
    """Measure the peak from now on; the host's only where Linux lets a process reset it."""
    if is_gpu(device):
        torch.cuda.reset_peak_memory_stats(device)
    with suppress(OSError):
        CLEAR_REFS.write_text("5", encoding="ascii")


def peak_memory_mb(device: torch.device) -> float:
    """The largest memory of all tensors on a GPU, else of the whole process, in MiB."""
    if is_gpu(device):
        return torch.cuda.max_memory_allocated(device) / 2**20
    return host_memory_mb("VmHWM")


def host_memory_mb(key: str) -> float:
    """The resident memory of this process in MiB: VmRSS is that of now, VmHWM the peak.

    It includes the pages of mapped files that were read. NaN for a key that Linux does not list;
    on macOS the peak is returned for both keys, and on Windows NaN.
    """
    if not STATUS.exists():
        return _peak_of_posix()
    lines = STATUS.read_text("utf-8").splitlines()
    return next((int(line.split()[1]) / 2**10 for line in lines if line.startswith(key)), math.nan)


def _peak_of_posix() -> float:
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return math.nan
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # in bytes on macOS
