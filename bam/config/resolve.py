"""From what Hydra composed to plain values."""

import os
from typing import Any

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf


def resolve(cfg: DictConfig) -> dict[str, Any]:
    """The config with its interpolations resolved, without Hydra's part.

    Where `trust` names no package, it is BAM_TRUST of the environment: names between commas.
    """
    own = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])
    plain: Any = OmegaConf.to_container(own, resolve=True)
    config: dict[str, Any] = plain
    if config.get("trust") == []:
        config["trust"] = [name for name in os.environ.get("BAM_TRUST", "").split(",") if name]
    return config


def given_overrides() -> list[str]:
    """The overrides of the command line, in their order."""
    return list(HydraConfig.get().overrides.task)


def compose_with(overrides: list[str]) -> dict[str, Any]:
    """This program's config with these overrides instead of the command line's."""
    return resolve(compose(str(HydraConfig.get().job.config_name), overrides))
