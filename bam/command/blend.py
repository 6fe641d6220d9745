"""Blend a run with another kind of predictor: bam blend run=outputs/RUN with=transitions

The run stays as it is: a new run is made, whose config has the memory.
"""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from bam.experiment.start import start


def main() -> None:
    start(_task, "blend", trains=False)


def _task(cfg: DictConfig) -> None:
    from bam.config.resolve import given_overrides, resolve
    from bam.experiment.blend import blend
    from bam.experiment.console import show_update

    folder = Path(HydraConfig.get().runtime.output_dir)
    show_update(*blend(resolve(cfg), given_overrides(), folder))
