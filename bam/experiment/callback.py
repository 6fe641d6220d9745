"""What happens when a sweep ends."""

import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console

from bam.flat import flat
from bam.mistake import Mistake
from bam.sweep.collect import TABLES, collect
from bam.sweep.summary import Asked
from bam.sweep.table import table

log = logging.getLogger(__name__)


class Collect(Callback):
    """Leaves `results.csv`, `.md` and `.tex` in the sweep's folder, and shows the runs."""

    def __init__(self, baseline: Mapping[str, Any], metric: str, published: Sequence[str]):
        self.asked = Asked(flat(baseline), metric, list(published))

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        folder = Path(config.hydra.sweep.dir)
        frame = self._collected(folder)
        console = Console(width=None if sys.stdout.isatty() else 140)
        console.print(table(frame))
        for run in frame["run"]:
            console.print(run, soft_wrap=True)
        for name in ("results.csv", *TABLES):
            console.print(folder / name)

    def _collected(self, folder: Path) -> pl.DataFrame:
        """A comparison that cannot be made costs a sweep no more than the comparison."""
        try:
            return collect(folder, self.asked)
        except Mistake as mistake:
            log.error("the table stands alone: %s", mistake)
            return collect(folder, Asked({}, self.asked.metric, []))
