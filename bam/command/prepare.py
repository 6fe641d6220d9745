"""Prepare a data set: bam prepare dataset=table dataset.raw=my.csv dataset.name=mine

See conf/dataset/table.yaml; afterwards `bam train dataset=mine` trains.
"""

from omegaconf import DictConfig

from bam.experiment.start import start


def main() -> None:
    start(_task, "prepare")


def _task(cfg: DictConfig) -> None:
    from bam.experiment.prepare import prepare

    data = prepare(cfg)
    users, interactions = len(data.offsets) - 1, len(data.items)
    print(
        f"{data.folder}: {users:,} users, {data.num_items:,} items, {interactions:,} interactions"
    )
