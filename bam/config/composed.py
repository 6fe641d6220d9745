"""Runs and sweeps that are composed once: Hydra alone would compose each of their configs again."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hydra import initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig

from bam.config.conf import CONF
from bam.config.hydra_version import BASE
from bam.config.points import PointLoader


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
    overrides = list(config.hydra.overrides.hydra) + list(config.hydra.overrides.task)
    with _hydra_with(name, lambda loader: Composed(loader, config)) as hydra:
        hydra.run(name, task, overrides)


def sweep_composed(task: Callable[[DictConfig], Any], name: str, overrides: Sequence[str]) -> None:
    """Hydra's sweep of the task over all points, of the program with this config."""
    mode = f"hydra.mode={RunMode.MULTIRUN.name}"
    with _hydra_with(name, PointLoader) as hydra:
        hydra.multirun(name, task, [*(one for one in overrides if one != mode), mode])


@contextmanager
def _hydra_with(name: str, kind: Callable[[ConfigLoader], Any]) -> Iterator[Any]:
    """Hydra for a program, with a loader in place of its own."""
    with initialize_config_dir(str(CONF), job_name=name, **BASE):
        hydra: Any = GlobalHydra.instance().hydra
        yield type(hydra)(task_name=name, config_loader=kind(hydra.config_loader))
