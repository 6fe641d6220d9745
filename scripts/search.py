"""python scripts/search.py dataset=ml100k selection=l hydra.sweeper.trials=50

With several at a time: hydra/launcher=local hydra.launcher.jobs=4 hydra.sweeper.at_once=4.
conf/hydra/sweeper/search.yaml holds the search space; the same command again continues the search.
"""

import sys

from bam.system.stop import end_on_stop

with end_on_stop():  # also while the libraries are read
    from omegaconf import DictConfig

    from bam.experiment.start import start
    from bam.experiment.train import train


def main(cfg: DictConfig) -> float:
    _, metric = train(cfg)
    return metric


if __name__ == "__main__":
    sys.argv.insert(1, "--multirun")
    start(main, "search")
