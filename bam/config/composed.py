"""One run of a config that is composed already: Hydra alone would compose it twice more."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hydra import initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig

from bam.config.conf import CONF
from bam.config.hydra_version import BASE


@dataclass(frozen=True)
class Composed:
    """Hydra's loader of configs, in a program that has one."""

    loader: ConfigLoader
    config: DictConfig

    def load_configuration(self, *args: Any, **kwargs: Any) -> DictConfig:
        return copy.deepcopy(self.config)  # Hydra changes what it shows

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)


def run_composed(task: Callable[[DictConfig], Any], config: DictConfig) -> None:
    """Hydra's run of the task: it makes the folder, its log and the callbacks."""
    name = str(config.hydra.job.config_name)
    with initialize_config_dir(str(CONF), job_name=name, **BASE):
        kind: Any = type(GlobalHydra.instance().hydra)
        loader = Composed(GlobalHydra.instance().config_loader(), config)
        overrides = list(config.hydra.overrides.hydra) + list(config.hydra.overrides.task)
        kind(task_name=name, config_loader=loader).run(name, task, overrides)
