"""Prepare a data set without training on it, and make it an option."""

import re
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

from bam.config.instantiate import component
from bam.config.own_data import is_bams
from bam.config.resolve import resolve
from bam.data.dataset.build.option import write_option
from bam.errors import require
from bam.records import Interactions


def prepare(cfg: DictConfig) -> Interactions:
    """The prepared data set; a name that bam does not have becomes `dataset=NAME`.

    Raises:
        Mistake: a wrong option, wrong data, or another data set's name.
    """
    config, choice = resolve(cfg), HydraConfig.get().runtime.choices["dataset"]
    _check_name(config["dataset"].get("name", ""), choice)
    data: Interactions = component(config["dataset"], "dataset", config["trust"])
    _check_name(data.name, choice)  # of a file: its own name, where none was given
    if not is_bams(data.name, HydraConfig.get().overrides.hydra):
        about = f"{len(data.offsets) - 1:,} users, {data.num_items:,} items"
        place, length = Path(config["data_dir"]), config["history_length"]
        write_option(data.folder, data.name, about, place, length)
    return data


def _check_name(name: Any, choice: str) -> None:
    rule = "dataset.name must be of a-z, A-Z, digits, `_`, `.` or `-`, and no number, true or null"
    require(name == "" or _can_be_chosen(name), rule, name)
    rule = f"dataset.name must be another than that of bam's own dataset={name}"
    taken = is_bams(name, HydraConfig.get().overrides.hydra)
    require(name == choice or not taken, rule, name)


def _can_be_chosen(name: Any) -> bool:
    """Whether Hydra reads the name in `dataset=NAME` as it is."""
    if not isinstance(name, str) or not re.fullmatch(r"[\w.-]+", name, re.ASCII):
        return False
    return OverridesParser.create().parse_override(f"dataset={name}").value() == name
