"""From what Hydra composed to plain values."""

import os
from typing import Any

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from bam.config.extensions import search_path
from bam.errors import require


def resolve(cfg: DictConfig) -> dict[str, Any]:
    """The config with its interpolations resolved, without Hydra's part.

    Where `trust` names no package, it is BAM_TRUST of the environment: names between commas.

    Raises:
        Mistake: data_dir is empty, which would be the root of the file system.
    """
    own = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])
    plain: Any = OmegaConf.to_container(own, resolve=True)
    config: dict[str, Any] = plain
    require(config.get("data_dir") != "", "data_dir must be a folder", "")
    if config.get("trust") == []:
        names = os.environ.get("BAM_TRUST", "").split(",")
        config["trust"] = [name.strip() for name in names if name.strip()]
    return config


def given_overrides() -> list[str]:
    """The overrides of the command line, in their order."""
    return list(HydraConfig.get().overrides.task)


def overrides_of(hydra: Any) -> list[str]:
    """Those of a run, with the `hydra.searchpath` without which its options are not found."""
    return [*search_path(hydra.overrides.hydra), *hydra.overrides.task]


def compose_with(overrides: list[str]) -> dict[str, Any]:
    """This program's config with these overrides instead of the command line's."""
    hydra = HydraConfig.get()
    path = search_path(hydra.overrides.hydra)
    return resolve(compose(str(hydra.job.config_name), [*path, *overrides]))
