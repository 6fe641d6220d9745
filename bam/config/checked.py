"""The configs of a command, of one run, a sweep or a search: checked before anything is made."""

import logging
from collections.abc import Sequence
from typing import Any

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from bam.config.conf import CONF
from bam.config.extensions import conf_folders
from bam.config.hydra_version import BASE
from bam.config.kinds import check_kinds
from bam.config.names import Names
from bam.config.points import EXPERIMENT, options_of_points
from bam.config.space import SPACE as IN_SPACE
from bam.config.space import dimensions, ends
from bam.errors import Mistake, require
from bam.run.identity import CIRCUMSTANCES

log = logging.getLogger(__name__)

# what to type for several values of an option
SWEEP = "for a sweep over several write -m before the options"
NO_SWEEP = "experiment must be no sweep, for a search proposes its own points"
SPACE = "for a search over several see hydra.sweeper.space in conf/hydra/sweeper/search.yaml"


def compose_checked(config: str, options: Sequence[str], several: bool = False) -> list[DictConfig]:
    """The config of the options; of a sweep (`several`) one for each value of each option.

    Raises:
        Mistake: conf/ has no such group, option or key, with the nearest that it has; an option
            has several values where one is meant, or a value of another kind.
        HydraException: what else Hydra refuses.
    """
    configs = _compose(config, options, several)
    check_kinds(config, configs)
    return configs


def _compose(config: str, options: Sequence[str], several: bool) -> list[DictConfig]:
    with initialize_config_dir(str(CONF), job_name=config, **BASE):
        names = Names(GlobalHydra.instance().config_loader(), config, conf_folders(options))
        overrides = _last_of_each(names.read(options))
        if not several:
            _refuse_several(overrides, SWEEP)
        first = names.compose([_first(override) for override in overrides])
        if not several:
            return [first]
        if "space" in first.hydra.sweeper:
            return _of_search(names, overrides, first)
        return _of_sweep(names, overrides, first)


def _of_search(names: Names, overrides: Sequence[Override], first: DictConfig) -> list[DictConfig]:
    """One for each end or choice of the space; what is typed is the same in all of them."""
    sweeper = first.hydra.sweeper
    _refuse_several(overrides, SPACE)
    require(not sweeper.get("params"), NO_SWEEP, first.hydra.runtime.choices.get(EXPERIMENT))
    space = OmegaConf.to_container(sweeper.space, resolve=True) if sweeper.space else None
    searched = dict(dimensions(space))
    for override in overrides:
        key = override.key_or_group
        rule = f"{key} must be searched or given; '~{IN_SPACE}.{key}' leaves out the search"
        require(key not in searched, rule, override.input_line)
    of_space = [names.read(texts) for texts in ends(searched)]
    try:
        return list(names.each_value([*([one] for one in overrides), *of_space]))
    except Mistake as mistake:
        key = str(mistake).partition(" ")[0]
        if key not in searched:
            raise
        advice = f"{IN_SPACE} has it; '~{IN_SPACE}.{key}' leaves it out"
        raise Mistake(f"{mistake}; {advice}") from mistake


def _of_sweep(names: Names, overrides: Sequence[Override], first: DictConfig) -> list[DictConfig]:
    """One for each value of each option, typed or of an experiment that is a sweep."""
    params = first.hydra.sweeper.get("params") or {}
    of_points = options_of_points([str(one.input_line) for one in overrides], params)
    shared = [override for override in overrides if override.input_line in of_points]
    given = {override.key_or_group for override in shared}
    swept = [f"{key}={value}" for key, value in params.items() if key not in given]
    every = [*shared, *names.read(swept)]
    _refuse_lost(every)
    configs = list(names.each_value([names.read(_each(one)) for one in every]))
    _require_one_sweep(configs)
    return configs


def _refuse_lost(overrides: Sequence[Override]) -> None:
    """Refuse several values of an option that makes no other run: all but one would be lost."""
    for override in overrides:
        root = str(override.key_or_group).partition(".")[0]
        if root in CIRCUMSTANCES and override.is_sweep_override():
            key = override.get_key_element()
            raise Mistake(f"{key} must have one value, which all points of a sweep share")


def _require_one_sweep(configs: Sequence[DictConfig]) -> None:
    """Refuse a list of experiments of which one is a sweep: its values would be lost."""
    of_first = configs[0].hydra.sweeper.get("params")
    for one in configs:
        params = one.hydra.sweeper.get("params")
        sweep = one if params else configs[0]
        rule = "an experiment that is a sweep must be the only one of its command"
        require(params == of_first, rule, sweep.hydra.runtime.choices.get(EXPERIMENT))


def _refuse_several(overrides: Sequence[Override], advice: str) -> None:
    for override in overrides:
        if override.is_sweep_override():
            key, text = override.get_key_element(), str(override.input_line).partition("=")[2]
            option = f"{key}=[{text}]"
            raise Mistake(f"{key} must have one value, got {text!r}; {advice}, for a list {option}")


def _last_of_each(overrides: Sequence[Override]) -> list[Override]:
    """Of an option that is given twice the last one counts, as when a script adds to a command."""
    last: dict[Any, Override] = {}
    for override in overrides:
        key = (override.type, override.key_or_group, override.package)
        before = last.get(key, override)
        if before.input_line != override.input_line:
            log.warning("%s: %s counts", before.input_line, override.input_line)
        last[key] = override
    return list(last.values())


def _first(override: Override) -> str:
    return _each(override)[0]


def _each(override: Override) -> list[str]:
    """Each value of an option, as an option of its own."""
    if not override.is_sweep_override():
        return [str(override.input_line)]
    if not override.is_discrete_sweep():
        raise Mistake(f"{override.key_or_group} must have single values, got an interval")
    key = override.get_key_element()
    values = [f"{key}={text}" for text in override.sweep_string_iterator()]
    require(len(values) > 0, f"{key} must have a value", override.input_line)
    return values
