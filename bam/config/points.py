"""The configs of the points of a sweep: those with the same choices are composed once."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra._internal.config_loader_impl import get_overrides_dirname
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bam.config.extensions import SEARCH_PATH

EXPERIMENT = "experiment"
MOST = 32  # configs that are kept; each has some MiB


@dataclass(frozen=True)
class PointLoader:
    """Hydra's loader of configs, in which points that differ in values share what is composed.

    Hydra reads and merges some 40 files for each point, and does it twice. Here a point is a copy
    of the config of its choices (`backbone=mind`), with its values (`seed=3`) set in it. The result
    is that of Hydra alone.
    """

    loader: ConfigLoader
    composed: dict[tuple[str, ...], tuple[DictConfig, DictConfig]] = field(default_factory=dict)

    def load_configuration(self, *args: Any, **kwargs: Any) -> DictConfig:
        """The config of the sweep, whose typed options are those of its points."""
        config = self.loader.load_configuration(*args, **kwargs)
        typed = list(config.hydra.overrides.task)
        config.hydra.overrides.task = options_of_points(typed, config.hydra.sweeper.get("params"))
        return config

    def load_sweep_config(
        self, master_config: DictConfig, sweep_overrides: list[str]
    ) -> DictConfig:
        try:
            overrides = OverridesParser.create(self.loader).parse_overrides(sweep_overrides)
            if all(map(self._is_simple, [*overrides, *self._of_hydra(master_config)])):
                return self._copied(master_config, overrides)
        except (HydraException, OmegaConfBaseException):
            pass  # Hydra finds it, too, and says what it is
        return self.loader.load_sweep_config(master_config, sweep_overrides)

    def _copied(self, master: DictConfig, overrides: Sequence[Override]) -> DictConfig:
        choices = [text(one) for one in overrides if not self._is_value(one)]
        config = copy.deepcopy(self._composed(master, choices))
        OmegaConf.copy_cache(from_config=master, to_config=config)
        for override in filter(self._is_value, overrides):
            OmegaConf.update(config, override.key_or_group, override.value(), merge=True)
        own = [one for one in overrides if not one.is_hydra_override()]
        config.hydra.overrides.task = list(map(text, own))
        names = config.hydra.job.config.override_dirname
        config.hydra.job.override_dirname = get_overrides_dirname(
            own, kv_sep=names.kv_sep, item_sep=names.item_sep, exclude_keys=names.exclude_keys
        )
        return config

    def _composed(self, master: DictConfig, choices: list[str]) -> DictConfig:
        """The config of a sweep with these choices and no values."""
        known, config = self.composed.get(tuple(choices), (None, None))
        if config is None or known is not master:
            config = self.loader.load_sweep_config(master, choices)
            if len(self.composed) >= MOST:
                self.composed.pop(next(iter(self.composed)))
            self.composed[tuple(choices)] = (master, config)
        return config

    def _is_simple(self, override: Override) -> bool:
        """Whether it chooses or changes what is there already, whatever its place among others."""
        added = override.is_add() or override.is_force_add() or override.is_delete()
        return not (added or override.package or override.key_or_group == SEARCH_PATH)

    def _is_value(self, override: Override) -> bool:
        """As Hydra decides it, which takes a mapping for no name of an option."""
        group = any(source.is_group(override.key_or_group) for source in self.loader.get_sources())
        return not (override.is_hydra_override() or group) or isinstance(override.value(), dict)

    def _of_hydra(self, master: DictConfig) -> list[Override]:
        """The options of Hydra itself, which all points have."""
        return OverridesParser.create().parse_overrides(list(master.hydra.overrides.hydra))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return PointLoader, (self.loader,)  # a worker composes nothing


def options_of_points(typed: Sequence[str], params: Mapping[str, str] | None) -> list[str]:
    """The typed options that all points have, where an experiment sweeps over `params`.

    One that sweeps over experiments, such as the board, is the experiment of no point: its own
    name, which is typed and so would hold for all of them, is left out.
    """
    if EXPERIMENT not in (params or {}):
        return list(typed)
    return [option for option in typed if not option.startswith(f"{EXPERIMENT}=")]


def text(override: Override) -> str:
    """As it is typed."""
    return str(override.input_line)
