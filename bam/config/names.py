"""Every group, option and key that a user gives is one that conf/ has: before anything runs."""

import copy
import glob
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from bam.config.command_line import values_of
from bam.config.extensions import find_options
from bam.config.near import find_near, paths_of
from bam.config.options import option_values, read_options
from bam.config.settings import GROUPS, PARTS
from bam.errors import Mistake, require
from bam.system.nearest import nearest

ONE = PARTS - GROUPS  # groups that give one component


@dataclass(frozen=True)
class Names:
    """What a program's config may have, as Hydra finds it in conf/ and in what is added to it."""

    loader: ConfigLoader
    config: str
    folders: list[Path]  # with options: conf/, and those of other packages

    def read(self, options: Sequence[str]) -> list[Override]:
        """The options, whose groups have the values that they are given."""
        overrides = OverridesParser.create(self.loader).parse_overrides(list(options))
        for override in overrides:
            if self.is_group(override):
                rule = f"{override.key_or_group} must be the name of an option"
                require(not override.is_delete(), rule, override.input_line)
                for value in values_of(override):
                    is_one = not isinstance(value, list) or override.key_or_group not in ONE
                    require(is_one, f"{override.key_or_group} must be one option", value)
                    for name in value if isinstance(value, list) else [value]:
                        if name is not None:  # null takes the group away
                            self._check_option(override.key_or_group, str(name))
        return overrides

    def each_value(self, options: Sequence[Sequence[Override]]) -> Iterator[DictConfig]:
        """The config of each option's first value, then one for each other value of each option."""
        texts = [str(values[0].input_line) for values in options]
        first = self.compose(texts)
        yield first
        for place, values in enumerate(options):
            for override in values[1:]:
                if self.is_group(override):
                    text = str(override.input_line)
                    yield self.compose([*texts[:place], text, *texts[place + 1 :]])
                else:
                    yield _with(first, override)

    def compose(self, options: Sequence[str]) -> DictConfig:
        """The config of options with one value each; what is wrong with a key is explained."""
        overrides = OverridesParser.create(self.loader).parse_overrides(list(options))
        keys = [override for override in overrides if not self.is_group(override)]
        added = [override for override in keys if override.is_add() or override.is_force_add()]
        if added:  # Hydra takes any
            known = self._without(options, keys)
            for override in added:
                self._check_key(override, known, override.key_or_group.partition(".")[0])
        try:
            return self._load(options)
        except (HydraException, OmegaConfBaseException, AssertionError) as error:
            if "No match in the defaults list" in str(error):
                self._check_groups(overrides)
            known = self._without(options, keys)
            for override in keys:
                if override not in added:
                    self._check_key(override, known, override.key_or_group)
            if isinstance(error, AssertionError):  # of OmegaConf
                texts = " ".join(str(override.input_line) for override in added)
                raise Mistake(f"an option must be below a mapping, got {texts!r}") from error
            raise

    def is_group(self, override: Override) -> bool:
        return bool(self._options(override.key_or_group))

    def _options(self, group: str) -> list[str]:
        """Those that Hydra finds, and those of folders that the command line alone names."""
        files = (path for folder in self.folders for path in (folder / group).glob("*.yaml"))
        sources = [source for source in self.loader.get_sources() if source.is_group(group)]
        found = [name for one in sources for name in one.list(group, ObjectType.CONFIG)]
        return list(dict.fromkeys([*sorted(found), *(path.stem for path in files)]))

    def _groups(self) -> list[str]:
        below = [f"hydra/{name}" for name in self.loader.list_groups("hydra")]
        return [*self.loader.list_groups(""), *below]

    def _load(self, options: Sequence[str]) -> DictConfig:
        return self.loader.load_configuration(self.config, list(options), RunMode.RUN)

    def _without(self, options: Sequence[str], keys: Sequence[Override]) -> DictConfig:
        """The config of the groups alone."""
        left_out = {override.input_line for override in keys}
        left_out -= {text for text in left_out if str(text).startswith("hydra.searchpath=")}
        return self._load([text for text in options if text not in left_out])

    def _check_groups(self, overrides: Sequence[Override]) -> None:
        """Refuse a group of another program."""
        own = [group for group in self._load([]).hydra.runtime.choices if group in self._groups()]
        for override in overrides:
            if self.is_group(override) and override.key_or_group not in own:
                known = ", ".join(sorted(own))
                raise Mistake(f"{override.key_or_group} is no group of bam {self.config}: {known}")

    def _check_option(self, group: str, name: str) -> None:
        known = self._options(group)
        if (
            name in known
            or "${" in name
            or find_options(f"{group}/{glob.escape(name)}.yaml", self.folders)
        ):
            return
        others = [other for other in self._groups() if name in self._options(other)]
        advice = ""
        if meant := nearest(name, known):
            advice = f" did you mean {meant}?"
        elif others:
            advice = f" did you mean {' or '.join(f'{one}={name}' for one in others[:3])}?"
        elif group == "dataset" and re.search(r"[./\\]", name):
            advice = " a file of yours is dataset=table dataset.raw=FILE dataset.name=NAME;"
        raise Mistake(f"{group}={name} is no option;{advice} {group} has: {', '.join(known)}")

    def _check_key(self, override: Override, known: DictConfig, key: str) -> None:
        """Refuse a key that the config does not have."""
        plain: Any = OmegaConf.to_container(known, resolve=False)
        paths = dict(paths_of(plain, ""))
        key = re.sub(r"\[.*", "", key)
        if key in paths:
            return
        if meant := self._elsewhere(key, known):
            raise Mistake(f"{key} is no option with {meant}")
        choices = list(known.hydra.runtime.choices)
        near = find_near(override.key_or_group, paths, choices)
        parent = key.rpartition(".")[0]
        advice = f"; did you mean {self._with_value(near, override)}?" if near else ""
        if isinstance(paths.get(parent), dict):
            has = ", ".join(name for name in paths[parent] if not name.startswith("_"))
            advice += f"{'' if near else ';'} {parent} has: {has or 'no option'}"
        elif not near:
            roots = {name for name in (*plain, *choices) if not name.startswith(("hydra", "pair/"))}
            advice = f"; the options are: {', '.join(sorted(roots))}"
        raise Mistake(f"{key} is no option{advice}")

    def _with_value(self, key: str, override: Override) -> str:
        """The option as it can be typed; a group with its nearest option."""
        value = str(override.input_line).partition("=")[2]
        if " or " in key or not value:
            return key
        return f"{key}={nearest(value, self._options(key)) or value}"

    def _elsewhere(self, key: str, known: DictConfig) -> str:
        """For a key that other options of its group have: the present one, and those."""
        group = key.partition(".")[0]
        names = read_options(group, self.folders) if group != key else {}
        others = [name for name in names if key in option_values(group, name, self.folders)]
        choice = known.hydra.runtime.choices.get(group)
        return f"{group}={choice}; it is an option of {group}={', '.join(others)}" if others else ""


def _with(config: DictConfig, override: Override) -> DictConfig:
    added = override.is_add() or override.is_force_add()
    changed = copy.deepcopy(config)
    OmegaConf.update(changed, override.key_or_group, override.value(), force_add=added)
    return changed
