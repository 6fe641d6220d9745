"""Blend a run with another predictor: bam blend run=outputs/RUN with=transitions

`with` is a memory, or the folder of another run. The runs stay as they are: a new one is made.
"""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from bam.experiment.start import start


def main() -> None:
    start(_task, "blend", trains=False)


def _task(cfg: DictConfig) -> None:
    from bam.config.resolve import overrides_of, resolve
    from bam.experiment.follow.blend import blend
    from bam.experiment.one_run.console import show_update

    folder = Path(HydraConfig.get().runtime.output_dir)
    show_update(*blend(resolve(cfg), overrides_of(HydraConfig.get()), folder))
