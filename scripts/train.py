"""python scripts/train.py dataset=ml100k backbone=remi selection=p selection.tau=1 seed=2021"""

from bam.system.stop import end_on_stop

with end_on_stop():  # also while the libraries are read
    from omegaconf import DictConfig

    from bam.experiment.start import start
    from bam.experiment.train import train


def main(cfg: DictConfig) -> float:
    folder, metric = train(cfg)
    print(folder)
    return metric


if __name__ == "__main__":
    start(main, "train")
