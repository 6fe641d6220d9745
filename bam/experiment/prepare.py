"""Prepare a data set without training on it, and make it an option."""

from pathlib import Path

from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig

from bam.data.dataset.build.option import option_file, write_option
from bam.experiment.instantiate import component
from bam.experiment.resolve import resolve
from bam.records import Interactions


def prepare(cfg: DictConfig) -> Interactions:
    """The prepared data set; a name that no config has yet becomes `dataset=NAME`."""
    config = resolve(cfg)
    data: Interactions = component(config["dataset"], "dataset", config["trust"])
    option = option_file(Path(config["data_dir"]), data.name)
    options = GlobalHydra.instance().config_loader().get_group_options("dataset")
    if data.name not in options or option.exists():
        write_option(data, Path(config["data_dir"]), config["history_length"])
    return data
