"""python scripts/bench.py [measure=standard] [size=movies] [any option of scripts/train.py]"""

import sys
from typing import Any

from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from bam.bench.run import bench
from bam.bench.table import tables
from bam.experiment.start import start


def main(cfg: DictConfig) -> None:
    config: Any = OmegaConf.to_container(cfg, resolve=True)
    told = bench(config)
    console = Console(width=None if sys.stdout.isatty() else 180)
    for table in tables(told.rows):
        console.print(table)
    console.print(told.file, soft_wrap=True)
    if told.regressions:
        sys.exit("\n".join(["worse than before:", *told.regressions]))


if __name__ == "__main__":
    start(main, "bench")
