"""Search hyper-parameters on the validation users: bam search selection=l hydra.sweeper.trials=50

With several at a time: hydra/launcher=local hydra.launcher.jobs=4 hydra.sweeper.at_once=4.
conf/hydra/sweeper/search.yaml holds the search space; the same command again continues the search.
"""

import sys

from omegaconf import DictConfig

from bam.config.command_line import runs_nothing
from bam.experiment.start import start


def main() -> None:
    if not runs_nothing(sys.argv[1:]):
        sys.argv.insert(1, "--multirun")
    start(_task, "search")


def _task(cfg: DictConfig) -> float:
    from bam.experiment.one_run.train import train

    _, metric = train(cfg)
    return metric
