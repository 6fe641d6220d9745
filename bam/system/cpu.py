"""The processor of this machine, and how much of it this process may use."""

import os
import platform
import subprocess
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def cores() -> int:
    """The cores that this process may use; all of the machine where a system cannot limit them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def model() -> str:
    """The model, such as `AMD EPYC 9654`; where a system does not name it, the architecture."""
    return _of_linux() or _of_macos() or platform.processor() or platform.machine()


def _of_linux() -> str:
    lines = CPUINFO.read_text("utf-8", "replace").splitlines() if CPUINFO.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line[:10] == "model name"), "")


def _of_macos() -> str:
    if platform.system() != "Darwin":
        return ""
    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def features() -> str:
    """The model and its instructions: what is compiled for one may not run on another."""
    lines = CPUINFO.read_text("utf-8", "replace").splitlines() if CPUINFO.is_file() else []
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return f"{platform.machine()} {model()} {flags}"
