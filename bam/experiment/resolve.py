"""What Hydra composed, as plain values."""

from typing import Any

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from bam.run.migrate import migrated


def resolved(cfg: DictConfig) -> dict[str, Any]:
    """The config without interpolations; a data set that an earlier version prepared is found."""
    config: Any = OmegaConf.to_container(cfg, resolve=True)
    return migrated(config)


def overrides_given() -> list[str]:
    """The overrides of the command line, in their order."""
    return list(HydraConfig.get().overrides.task)


def composed_again(overrides: list[str]) -> dict[str, Any]:
    """This program's config with other overrides."""
    return resolved(compose(str(HydraConfig.get().job.config_name), overrides))
