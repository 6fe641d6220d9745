"""Train, test and keep one run, or every point of a sweep: bam train dataset=ml100k selection=p"""

from omegaconf import DictConfig

from bam.experiment.start import start


def main() -> None:
    start(_task, "train")


def _task(cfg: DictConfig) -> float:
    from bam.experiment.one_run.train import train

    _, metric = train(cfg)
    return metric
