"""Prepare a data set without training on it, and make it an option."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from bam.data.dataset.build.option import write_option
from bam.errors import require
from bam.experiment.instantiate import component
from bam.experiment.own_data import is_bams
from bam.experiment.resolve import resolve
from bam.records import Interactions


def prepare(cfg: DictConfig) -> Interactions:
    """The prepared data set; a name that bam does not have becomes `dataset=NAME`.

    Raises:
        Mistake: a wrong option, wrong data, or another data set's name.
    """
    config, choice = resolve(cfg), HydraConfig.get().runtime.choices["dataset"]
    _check_name(str(config["dataset"].get("name")), choice)
    data: Interactions = component(config["dataset"], "dataset", config["trust"])
    _check_name(data.name, choice)  # of a file: its own name, where none was given
    if not is_bams(data.name):
        write_option(data, Path(config["data_dir"]), config["history_length"])
    return data


def _check_name(name: str, choice: str) -> None:
    rule = f"dataset.name must be another than that of bam's own dataset={name}"
    require(name == choice or not is_bams(name), rule, name)
