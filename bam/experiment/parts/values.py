"""Every value that a user gives is one that its part accepts: before data are read."""

import logging
from collections.abc import Sequence
from dataclasses import fields

from omegaconf import DictConfig

from bam.config.instantiate import check
from bam.config.resolve import resolve
from bam.config.settings import PARTS, Settings, settings
from bam.config.target import PACKAGES
from bam.errors import Mistake, require
from bam.system.collection import import_at_once

log = logging.getLogger(__name__)
EXPERIMENT = {field.name for field in fields(Settings)} | PARTS


def check_values(configs: Sequence[DictConfig], trains: bool) -> None:
    """Check the values of each config, and build the parts of a training that need no data.

    A test of a run takes other values from the run, and so only the kinds are checked here. Of a
    search no point may be the one of these configs: those that fail are warned of.

    Raises:
        Mistake: a value of another kind or out of range; in a search, in all configs.
    """
    if not configs[0].hydra.sweeper.get("space"):
        _check(configs, trains)
        return
    failed = {}
    for place, config in enumerate(configs):
        try:
            _check([config], trains)
        except Mistake as mistake:
            failed[place] = mistake
    if len(failed) == len(configs):
        raise failed[0]
    for sentence in dict.fromkeys(map(str, failed.values())):
        log.warning("some points of this search would fail: %s", sentence)


def _check(configs: Sequence[DictConfig], trains: bool) -> None:
    plain = [resolve(cfg) for cfg in configs]
    for config in plain:
        name = str(config.get("name", ""))
        rule = "name must have no slash, and be no . or .. (see hydra.run.dir)"
        require("/" not in name and name not in (".", ".."), rule, name)
    experiments = [
        {key: value for key, value in one.items() if key in EXPERIMENT}
        for one in plain
        if {*one} >= EXPERIMENT
    ]
    shared = [settings(experiment) for experiment in experiments]
    import_at_once("torch")
    if trains and experiments:
        from bam.experiment.parts.sizes import check_sizes

        for experiment, its_settings in zip(experiments, shared, strict=True):
            check_sizes(experiment, its_settings)
    for config in plain:
        for key in sorted(PACKAGES.keys() & config.keys()):
            check(config[key], key, config["trust"])
    if trains and experiments:
        from bam.experiment.parts.components import build_components

        for experiment in experiments:
            build_components(experiment)
