"""python scripts/prepare.py dataset=table dataset.raw=my.csv dataset.name=mine ...

See conf/dataset/table.yaml; afterwards `python scripts/train.py dataset=mine` trains.
"""

from bam.system.stop import end_on_stop

with end_on_stop():  # also while the libraries are read
    from omegaconf import DictConfig

    from bam.experiment.prepare import prepare
    from bam.experiment.start import start


def main(cfg: DictConfig) -> None:
    data = prepare(cfg)
    users, interactions = len(data.offsets) - 1, len(data.items)
    print(
        f"{data.folder}: {users:,} users, {data.num_items:,} items, {interactions:,} interactions"
    )


if __name__ == "__main__":
    start(main, "prepare")
