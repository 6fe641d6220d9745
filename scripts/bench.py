"""python scripts/bench.py [measure=standard] [size=movies] [any option of scripts/train.py]"""

import sys

from bam.system.stop import end_on_stop

with end_on_stop():  # also while the libraries are read
    from omegaconf import DictConfig
    from rich.console import Console

    from bam.bench.run import bench
    from bam.bench.table import tables
    from bam.experiment.resolve import resolve
    from bam.experiment.start import start


def main(cfg: DictConfig) -> None:
    result = bench(resolve(cfg))
    console = Console(width=None if sys.stdout.isatty() else 180)
    for table in tables(result.rows):
        console.print(table)
    console.print(result.file, soft_wrap=True)
    if result.regressions:
        sys.exit("\n".join(["worse than before:", *result.regressions]))


if __name__ == "__main__":
    start(main, "bench")
