"""Add new interactions to a run's data, and train on: bam update run=outputs/RUN raw=NEW.csv

The run and its data set stay as they are: a new data set and a new run are made.
"""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from bam.experiment.start import start


def main() -> None:
    start(_task, "update", trains=False)


def _task(cfg: DictConfig) -> None:
    from bam.config.resolve import overrides_of, resolve
    from bam.experiment.follow.update import update
    from bam.experiment.one_run.console import show_update

    folder = Path(HydraConfig.get().runtime.output_dir)
    show_update(*update(resolve(cfg), overrides_of(HydraConfig.get()), folder))
