"""How the folders of runs and sweeps are named."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from bam.run.identity import APART, CHOICES, fingerprint


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
