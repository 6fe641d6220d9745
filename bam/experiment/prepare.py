"""Prepare a data set without training on it, and make it an option of its own."""

from pathlib import Path
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf

from bam.dataset.option import option_file, write_option
from bam.experiment.compose import component
from bam.records import Interactions


def prepare(cfg: DictConfig) -> Interactions:
    """The prepared data set; a name that no config has yet becomes `dataset=NAME`."""
    config: Any = OmegaConf.to_container(cfg, resolve=True)
    data: Interactions = component(config["dataset"], "dataset")
    option = option_file(Path(config["data_dir"]), data.name)
    options = GlobalHydra.instance().config_loader().get_group_options("dataset")
    if data.name not in options or option.exists():
        write_option(data, Path(config["data_dir"]), config["history_length"])
    return data
