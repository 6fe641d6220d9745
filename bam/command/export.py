"""Write a run as a folder to serve: bam export run=outputs/RUN to=FOLDER [index=hnsw]

The folder holds the items' vectors and names, the encoder of histories and an index, with a model
card. It opens without the data set: bam.load(FOLDER), bam recommend run=FOLDER, bam serve FOLDER.
"""

from omegaconf import DictConfig

from bam.experiment.start import start


def main() -> None:
    start(_task, "export", trains=False)


def _task(cfg: DictConfig) -> None:
    from bam.config.resolve import given_overrides, resolve
    from bam.experiment.export import export

    config = resolve(cfg)
    print(export(config, given_overrides()))
    print(config["to"])
