"""What happens when a sweep ends."""

import sys
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console

from bam.sweep.collect import collect
from bam.sweep.table import table


class Collect(Callback):
    """Leaves `results.csv` in the sweep's folder, and shows the table."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        folder = Path(config.hydra.sweep.dir)
        frame = collect(folder)
        frame.write_csv(folder / "results.csv")
        console = Console(width=None if sys.stdout.isatty() else 140)
        console.print(table(frame))
        for run in frame["run"]:
            console.print(run, soft_wrap=True)
        console.print(folder / "results.csv")
