"""How the folders of runs and sweeps are named."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from bam.config.hydra_version import register_resolver
from bam.data.dataset.build.option import updated_name
from bam.run.identity import CHOICES, CIRCUMSTANCES, fingerprint
from bam.run.override import Override, as_mapping
from bam.system.checksums import sha256


def slug(choices: Mapping[str, Any], overrides: list[str], config: Mapping[str, Any]) -> str:
    """A bounded folder name: the choices, what was overridden, 8 digits of the config's hash."""
    parts = [choices[group] for group in CHOICES]
    for override in _last_of_each(overrides):
        if override.key not in choices and override.root not in CIRCUMSTANCES:
            parts.append(override.key.split(".")[-1] + override.value)
    text = re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(parts))
    return f"{_short(text)}-{fingerprint(config)[:8]}"


def _short(text: str) -> str:
    """No more than 100 letters of it: the hash that follows keeps names different."""
    return text if len(text) <= 100 else f"{text[:40]}--{text[-58:]}"


def _last_of_each(overrides: Sequence[str]) -> list[Override]:
    """Of an option that is given twice the last one counts."""
    last = as_mapping(list(overrides))
    return [Override.parse(f"{key}={value}") for key, value in last.items()]


def run_folder(name: Any, _root_: DictConfig) -> str:
    """The resolver `${run_folder:NAME}`: the name itself, or else a slug of the experiment."""
    if name != "":  # 0 is a name
        return str(name)
    plain = OmegaConf.create({key: _root_._get_node(key) for key in _root_ if key != "hydra"})
    config: Any = OmegaConf.to_container(plain, resolve=True)
    choices, overrides = _root_.hydra.runtime.choices, list(_root_.hydra.overrides.task)
    return slug(choices, overrides, config)


def sweep_folder(name: Any, overrides: Sequence[str], params: Mapping[str, str] | None) -> str:
    """The resolver `${sweep_folder:...}`: the name, or else a slug of the command.

    The same command gives the same folder, on any device and with any number of threads, and so it
    finds the points that it has finished before.
    """
    if name != "":
        return str(name)
    swept = [f"{key}={value}" for key, value in (params or {}).items()]
    kept = [text for text in [*overrides, *swept] if _identifies(text)]
    given = [Override.parse(text).value for text in overrides if _identifies(text)]
    values = re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(given))
    return (
        f"{values[:60] or 'defaults'}-{hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:8]}"
    )


def update_folder(name: Any, run: str, raw: str, overrides: Sequence[str]) -> str:
    """The resolver `${update_folder:...}`: the name, or else that of the run with a hash.

    The same command on the same content of `raw` gives the same folder.
    """
    if name != "":
        return str(name)
    content = sha256(Path(raw)) if Path(raw).is_file() else str(raw)
    kept = [text for text in overrides if _identifies(text)]
    kept = [text for text in kept if Override.parse(text).root not in ("run", "raw")]
    digits = hashlib.sha256(json.dumps([str(run), content, *sorted(kept)]).encode()).hexdigest()[:8]
    return updated_name(Path(str(run)).name, digits)


def blend_folder(name: Any, run: str, others: Any, overrides: Sequence[str]) -> str:
    """The resolver `${blend_folder:...}`: the name, or else that of the run, with a hash."""
    if name != "":
        return str(name)
    kept = [text for text in overrides if _identifies(text)]
    kept = [text for text in kept if Override.parse(text).root not in ("run", "with")]
    several = [others] if isinstance(others, str) else [str(one) for one in others]
    content = json.dumps([str(run), *several, *sorted(kept)])
    digits = hashlib.sha256(content.encode()).hexdigest()[:8]
    names = "+".join(Path(one).name for one in several)
    return f"{_short(f'{Path(str(run)).name}-with-{names}')}-{digits}"


def _identifies(override: str) -> bool:
    return Override.parse(override).root not in CIRCUMSTANCES


# here, so that a launcher's worker has them as soon as it knows the task
register_resolver("run_folder", run_folder)
register_resolver("sweep_folder", sweep_folder, use_cache=True)
register_resolver("update_folder", update_folder, use_cache=True)
register_resolver("blend_folder", blend_folder, use_cache=True)
