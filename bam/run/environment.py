"""What else the numbers of a run depend on: the code, the libraries, the machine."""

import importlib.metadata
import json
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import torch

from bam.errors import DISTRIBUTION
from bam.system import cpu
from bam.system.c_compiler import find_compiler
from bam.system.device import hardware_name
from bam.system.memory import total_memory

LIBRARIES = ("torch", "numpy", "hydra-core", "omegaconf", "polars", "safetensors")
PACKAGE = Path(__file__).parents[1]


def environment(device: torch.device) -> dict[str, Any]:
    """Date, commit, versions and hardware, for environment.json.

    The commit is that of bam's own code: of the repository whose files these are, or that pip has
    recorded. It is empty where neither is known, also inside another repository.
    """
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "bam": _version(),
        **(_commit_of(PACKAGE) or {"commit": _installed_commit(), "modified": False}),
        "python": platform.python_version(),
        "libraries": versions,
        "platform": platform.platform(),
        "cpu": cpu.model(),
        "cores": cpu.cores(),
        "memory_gb": round(total_memory(torch.device("cpu")) / 2**30, 1),
        "device": hardware_name(device),
        "compiler": find_compiler() or "",  # of what is computed in C; the last digits depend on it
        "threads": torch.get_num_threads(),
    }


def command_line(program: str, overrides: Sequence[str]) -> str:
    """What was typed; for a run that a Python program has started, the command that repeats it."""
    typed = sys.argv if sys.argv[0].startswith("bam ") else [f"bam {program}", *overrides]
    return " ".join([typed[0], shlex.join(typed[1:])]).strip()


def _version() -> str:
    """The version of the installed package; empty for code that was only put on the path."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _commit_of(package: Path) -> dict[str, Any] | None:
    """The commit of the repository that keeps this file; None where none does."""
    if not _git(package, "ls-files", Path(__file__).relative_to(PACKAGE).as_posix()):
        return None
    changed = _git(package, "status", "--porcelain", "--untracked-files=no")
    return {"commit": _git(package, "rev-parse", "HEAD"), "modified": bool(changed)}


def _installed_commit() -> str:
    """The commit in direct_url.json, which pip writes for `pip install git+https://...`."""
    try:
        text = importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return ""
    commit: str = json.loads(text or "{}").get("vcs_info", {}).get("commit_id", "")
    return commit


def _git(folder: Path, *arguments: str) -> str:
    """The output of git in a folder; empty where there is no git or no repository."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
