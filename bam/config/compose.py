"""A config composed from Python, without a command line; Hydra's state stays as it was."""

import copy
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.core.singleton import Singleton
from hydra.core.utils import JobRuntime
from hydra.version import VersionBase
from omegaconf import DictConfig

from bam.config import naming  # noqa: F401  # its resolvers
from bam.config.checked import compose_checked
from bam.config.command_line import read_command_line
from bam.config.conf import check_conf
from bam.config.extensions import conf_folders
from bam.config.own_data import add_own_data_sets
from bam.config.typed import for_hydra
from bam.errors import Mistake, require

STATE = (GlobalHydra, HydraConfig, JobRuntime, VersionBase)  # what one program's Hydra keeps
turn = threading.Lock()  # Hydra's state belongs to the process


def compose_with_hydra(overrides: Sequence[str], config_name: str = "train") -> DictConfig:
    """The config of a command with these options, and Hydra's own part of it.

    Raises:
        Mistake: an option that is none, or a sweep.
    """
    _check(overrides)
    with turn, _hydra_apart():
        options = for_hydra(overrides)
        for folder in conf_folders(options):
            check_conf(folder)
        parsed = read_command_line(options)
        _refuse_sweep(parsed)
        add_own_data_sets(parsed)
        [cfg] = compose_checked(config_name, options)
    rule = "an experiment that is a sweep must be started by the command `bam train -m`"
    require(not cfg.hydra.sweeper.get("params"), rule, " ".join(overrides))
    return cfg


def _check(overrides: Sequence[str]) -> None:
    for text in overrides:
        is_option = isinstance(text, str) and ("=" in text or text[:1] == "~") and text[0] != "-"
        require(is_option, "an option must be a text such as 'dataset=ml100k'", text)


def _refuse_sweep(parsed: Sequence[Override]) -> None:
    """One call trains one run; a loop trains several."""
    for override in parsed:
        if override.is_sweep_override():
            key, values = override.key_or_group, ", ".join(map(repr, _values(override)))
            raise Mistake(
                f"{key} must have one value, got {override.input_line!r}; write a loop: "
                f'for value in [{values}]: bam.train(f"{key}={{value}}")'
            )


def _values(override: Override) -> Iterator[str]:
    """The values that a sweep would have; what is drawn at random has none yet."""
    return override.sweep_string_iterator() if override.is_discrete_sweep() else iter(())


@contextmanager
def _hydra_apart() -> Iterator[None]:
    """A Hydra of its own inside; afterwards the program's, which may use Hydra itself."""
    Plugins.instance()  # found once, and kept
    state = Singleton._instances
    before = dict(state)
    for kind in STATE:
        state.pop(kind, None)
    state[ConfigStore] = copy.deepcopy(before[ConfigStore])  # own data sets are added to it
    try:
        yield
    finally:
        state.clear()
        state.update(before)
