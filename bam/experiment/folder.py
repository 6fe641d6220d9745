"""One folder a run: claimed once, never shared, never overwritten."""

import hashlib
import importlib.metadata
import json
import logging
import platform
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from bam.mistake import Mistake
from bam.sweep.run import CHOICES

CONFIG, RESULTS, WEIGHTS = "config.yaml", "results.json", "weights.safetensors"
LIBRARIES = ("torch", "numpy", "hydra-core", "omegaconf", "polars", "safetensors")


@contextmanager
def claimed(folder: Path, config: str) -> Iterator[None]:
    """Take an empty folder for this run by writing its config, and send the log there too.

    Raises:
        Mistake: the folder already holds something.
    """
    if any(folder.iterdir()):
        state = "a finished run" if (folder / RESULTS).exists() else "files"
        raise Mistake(
            f"run folder {folder} already holds {state}; "
            "give another name= or hydra.run.dir=, or delete it"
        )
    try:
        with (folder / CONFIG).open("x") as file:  # two runs started together: one wins
            file.write(config)
    except FileExistsError as error:
        raise Mistake(f"run folder {folder} was just taken by another run") from error
    handler = logging.FileHandler(folder / "train.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


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
        if key not in choices and key != "name":
            parts.append(key.split(".")[-1] + value)
    text = re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(parts))
    return f"{text[:100]}-{fingerprint(config)[:8]}"


def fingerprint(config: Mapping[str, Any]) -> str:
    """Hash of a resolved config without its name: equal for equal experiments."""
    content = {key: value for key, value in config.items() if key not in ("name", "hydra")}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def run_folder(name: str, _root_: DictConfig) -> str:
    """The resolver `${run_folder:NAME}`: the name itself, or else a slug of the experiment."""
    if name:
        return name
    plain = OmegaConf.create({key: _root_._get_node(key) for key in _root_ if key != "hydra"})
    resolved: Any = OmegaConf.to_container(plain, resolve=True)
    return slug(_root_.hydra.runtime.choices, list(_root_.hydra.overrides.task), resolved)


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
