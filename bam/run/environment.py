"""What else the numbers of a run depend on: the code, the libraries, the machine."""

import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

from bam.system.device import hardware_name

LIBRARIES = ("torch", "numpy", "hydra-core", "omegaconf", "polars", "safetensors")


def environment(device: torch.device) -> dict[str, Any]:
    """Commit, versions and hardware, for environment.json."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "modified": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "platform": platform.platform(),
        "device": hardware_name(device),
        "threads": torch.get_num_threads(),
    }


def _git(*arguments: str) -> str:
    """The output of git in the code's folder; empty where there is no git or no repository."""
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""
