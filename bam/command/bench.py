"""Measure speed and memory: bam bench [measure=standard] [size=movies] [any option of train]"""

import sys

from omegaconf import DictConfig
from rich.console import Console

from bam.config.resolve import resolve
from bam.experiment.start import start
from bam.system.stop import Stopped


def main() -> None:
    start(_task, "bench")


def _task(cfg: DictConfig) -> None:
    from bam.bench.run import bench
    from bam.bench.table import tables

    try:
        result = bench(resolve(cfg))
    except Stopped as stopped:
        raise Stopped(stopped.number, "no figure is kept") from None
    console = Console(width=None if sys.stdout.isatty() else 180)
    for table in tables(result.rows):
        console.print(table)
    console.print(result.file, soft_wrap=True)
    if result.comparison:
        console.print(result.comparison.scope, soft_wrap=True)
        if result.comparison.worse:
            sys.exit("\n".join(["worse than before:", *result.comparison.worse]))
