"""What happens when a sweep ends."""

from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console

from bam.sweep.collect import collect
from bam.sweep.table import table

DEMO = ("selection", "recall@10", "recall@20", "ndcg@10", "ndcg@20", "share", "seconds",
        "samples/s", "tested users/s")  # fmt: skip


class Collect(Callback):
    """Leaves `results.csv` in the sweep's folder, and shows the table."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        folder = Path(config.hydra.sweep.dir)
        frame = collect(folder)
        frame.write_csv(folder / "results.csv")
        console = Console(soft_wrap=True)
        console.print(table(frame))
        for run in frame["run"]:
            console.print(run)
        console.print(folder / "results.csv")
