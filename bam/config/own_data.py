"""The data sets that a user has prepared under names of their own, as options of `dataset`.

Of data_dir, which may come from a stranger, Hydra reads nothing: only what `prepare` writes is an
option, and it is made again from its name, its folder and its history length.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bam.config.conf import CONF
from bam.config.extensions import conf_folders
from bam.config.hydra_version import REPLACE
from bam.data.dataset.build.option import option_file, read_option
from bam.errors import Mistake

log = logging.getLogger(__name__)


def is_bams(name: str, arguments: Sequence[str]) -> bool:
    """Whether the data set is an option of bam's own, or of a package that these options find."""
    folders = conf_folders(arguments)
    return any((folder / "dataset" / f"{name}.yaml").is_file() for folder in folders)


def own_data_sets(arguments: Sequence[str]) -> list[str]:
    """The names of those that this program has made options."""
    stored = [name.removesuffix(".yaml") for name in ConfigStore.instance().repo.get("dataset", {})]
    return sorted(name for name in stored if not is_bams(name, arguments))


def add_own_data_sets(overrides: list[Override]) -> None:
    """Make options of the data sets in the data_dir that the command line gives.

    A file that `prepare` did not write is left out, with a line on the console.
    """
    arguments = [str(override.input_line) for override in overrides]
    for data_dir in dict.fromkeys(_data_dirs(overrides, conf_folders(arguments))):
        for path in sorted(option_file(Path(data_dir), "*").parent.glob("*.yaml")):
            _add(path, arguments)


def _add(path: Path, arguments: Sequence[str]) -> None:
    if is_bams(path.stem, arguments):
        log.warning("left out: %s has the name of an option of bam; delete it", path)
        return
    try:
        option = read_option(path)
    except Mistake as mistake:
        log.warning("left out: %s", mistake)
        return
    ConfigStore.instance().store(path.stem, option, "dataset", "_global_", "bam", **REPLACE)


def _data_dirs(overrides: list[Override], folders: Sequence[Path]) -> Iterator[str]:
    """Each value that data_dir has: of the command line, else of an experiment, else of conf."""
    given = list(_values("data_dir", overrides))
    names = list(_values("experiment", overrides))
    experiments = [folder / "experiment" / f"{name}.yaml" for name in names for folder in folders]
    chosen = [OmegaConf.load(path) for path in experiments if path.is_file()]
    given = given or [config.data_dir for config in chosen if "data_dir" in config]
    return iter(given or [OmegaConf.load(CONF / "train.yaml").data_dir])


def _values(key: str, overrides: list[Override]) -> Iterator[str]:
    """The values of an option, several in a sweep, without quotes and interpolations."""
    for override in overrides:
        if override.key_or_group == key:
            texts = override.sweep_string_iterator() if override.is_sweep_override() else []
            parse = OverridesParser.create().parse_override
            values = [parse(f"{key}={text}").value() for text in texts] or [override.value()]
            for value in values:
                with suppress(OmegaConfBaseException):  # it needs more than the environment
                    yield str(OmegaConf.create({key: value})[key])
