"""One folder a run: how it is named, and what is written there."""

import hashlib
import importlib.metadata
import json
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from bam.sweep.run import CHOICES

CONFIG, RESULTS, WEIGHTS = "config.yaml", "results.json", "weights.safetensors"
ENVIRONMENT = "environment.json"
APART = ("name", "any_code")  # what makes no other experiment
LIBRARIES = ("torch", "numpy", "hydra-core", "omegaconf", "polars", "safetensors")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write the file whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=2) + "\n")
    partial.replace(path)


def slug(choices: Mapping[str, Any], overrides: list[str], config: Mapping[str, Any]) -> str:
    """A bounded folder name: the choices, what was overridden, 8 digits of the config's hash."""
    parts = [choices[group] for group in CHOICES]
    for override in overrides:
        key, _, value = override.lstrip("+~").partition("=")
        if key not in choices and key not in APART:
            parts.append(key.split(".")[-1] + value)
    text = re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(parts))
    short = text if len(text) <= 100 else f"{text[:40]}--{text[-58:]}"
    return f"{short}-{fingerprint(config)[:8]}"


def fingerprint(config: Mapping[str, Any]) -> str:
    """Hash of a resolved config, without what makes no other experiment."""
    content = {key: value for key, value in config.items() if key not in (*APART, "hydra")}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def run_folder(name: str, _root_: DictConfig) -> str:
    """The resolver `${run_folder:NAME}`: the name itself, or else a slug of the experiment."""
    if name:
        return name
    plain = OmegaConf.create({key: _root_._get_node(key) for key in _root_ if key != "hydra"})
    resolved: Any = OmegaConf.to_container(plain, resolve=True)
    return slug(_root_.hydra.runtime.choices, list(_root_.hydra.overrides.task), resolved)


def sweep_folder(name: str, overrides: Sequence[str], params: Mapping[str, str] | None) -> str:
    """The resolver `${sweep_folder:...}`: the name, or else a slug of the command.

    The same command, the same folder: that is how it finds what it has done before.
    """
    if name:
        return name
    kept = [override for override in overrides if override.partition("=")[0] not in APART]
    asked = [*kept, *(f"{key}={value}" for key, value in (params or {}).items())]
    values = re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(o.partition("=")[2] for o in kept))
    return f"{values[:60]}-{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:8]}"


# here, so that a launcher's worker has them as soon as it knows the task
OmegaConf.register_new_resolver("run_folder", run_folder, replace=True)
OmegaConf.register_new_resolver("sweep_folder", sweep_folder, use_cache=True, replace=True)


def environment(device: torch.device) -> dict[str, Any]:
    """What else the numbers of a run hang on: the code, the libraries, the machine."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "modified": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "platform": platform.platform(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "threads": torch.get_num_threads(),
    }


def _git(*arguments: str) -> str:
    """What git says of the code's folder; empty where there is no git or no repository."""
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""
