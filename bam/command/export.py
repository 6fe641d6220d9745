"""Write a run as a folder to serve: bam export run=outputs/RUN to=FOLDER [index=hnsw]

The folder holds the items' vectors and names, the encoder of histories and an index, with a model
card. It opens without the data set: bam.load(FOLDER), bam recommend run=FOLDER, bam serve FOLDER.
"""

from omegaconf import DictConfig

from bam.experiment.start import start


def main() -> None:
    start(_task, "export", trains=False)


def _task(cfg: DictConfig) -> None:
    from rich.table import Table

    from bam.config.resolve import given_overrides, resolve
    from bam.experiment.answers.export import export
    from bam.experiment.one_run.console import write

    config = resolve(cfg)
    manifest = export(config, given_overrides())
    table = Table("", f"recall@{config['n']}", "p50, ms", "p99, ms", "users/s", "MB", box=None)
    for name, one in manifest.measured.items():
        times = (f"{one['p50_ms']:.2f}", f"{one['p99_ms']:.2f}", f"{one['users_per_second']:,.0f}")
        table.add_row(name, f"{one['recall']:.4f}", *times, f"{one['bytes'] / 1e6:,.1f}")
    write(table, config["to"])
