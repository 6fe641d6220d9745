"""Train, test and keep one run, or every point of a sweep: bam train dataset=ml100k selection=p"""

from omegaconf import DictConfig

from bam.experiment.start import start
from bam.experiment.train import train


def main() -> None:
    start(_task, "train")


def _task(cfg: DictConfig) -> float:
    _, metric = train(cfg)
    return metric
