"""Draw accuracy against diversity, and against the number of queries: bam tradeoff run=outputs/RUN

The test users of a run get lists in many settings; see conf/tradeoff.yaml. A table and a picture of
them are written into the run's folder.
"""

import sys
from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console

from bam.config.resolve import given_overrides, resolve
from bam.errors import extra
from bam.experiment.start import start
from bam.run.files import TRADEOFF
from bam.system.files import replacing


def main() -> None:
    start(_task, "tradeoff", trains=False)


def _task(cfg: DictConfig) -> None:
    with extra("report"):
        from bam.results.report.picture import draw
        from bam.results.report.tradeoff import tradeoff_picture
    from bam.experiment.answers.tradeoff import measure_tradeoff
    from bam.results.render.tradeoff import tradeoff_tables

    folder = Path(cfg.run)
    frame = measure_tradeoff(resolve(cfg), given_overrides())
    console = Console(width=None if sys.stdout.isatty() else 100)
    for table in tradeoff_tables(frame, console.width):
        console.print(table)
    with replacing(folder / f"{TRADEOFF}.csv") as unfinished:
        frame.write_csv(unfinished)
    draw(tradeoff_picture(frame, TRADEOFF, folder.resolve().name), folder)
    print(folder / f"{TRADEOFF}.csv", folder / f"{TRADEOFF}.png", sep="\n")
