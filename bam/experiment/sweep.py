"""What a sweep says of its points: before the first, and after the last."""

import logging
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock
from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console

from bam.errors import Mistake
from bam.experiment.console import show
from bam.results.collect import TABLES, collect
from bam.results.render.console import table
from bam.results.view import View
from bam.run.claim import LOCK, stored
from bam.run.files import CONFIG
from bam.run.flatten import flat

log = logging.getLogger(__name__)


class Together(Callback):
    """Begins with the config; ends when the points that other processes run have ended too."""

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        _require_installed(config.hydra.launcher._target_)
        show(config)

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        for folder in points(Path(config.hydra.sweep.dir)):
            if stored(folder) is None:
                with FileLock(folder / LOCK):
                    pass


class Verdict(Callback):
    """Ends the program with exit code 1 and a list, unless every point is finished."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        sweep = Path(config.hydra.sweep.dir)
        states = {str(point.relative_to(sweep)): _state(point) for point in points(sweep)}
        wrong = [f"  {name}: {state}" for name, state in states.items() if state]
        if wrong:
            said = f"error: {len(wrong)} of {len(states)} points are not finished; "
            sys.exit("\n".join([f"{said}the same command tries them again", *wrong]))


class Collect(Callback):
    """Leaves `results.csv`, `.md` and `.tex` in the sweep's folder, and shows the runs."""

    def __init__(
        self,
        baseline: Mapping[str, Any],
        metric: str,
        metrics: Sequence[str],
        published: Sequence[str],
    ):
        self.view = View(flat(baseline), metric, list(metrics), list(published))

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        folder = Path(config.hydra.sweep.dir)
        frame, metrics = self._collected(folder)
        console = Console(width=None if sys.stdout.isatty() else 140)
        console.print(table(frame, metrics))
        for run in frame["run"]:
            console.print(run, soft_wrap=True)
        for name in ("results.csv", *TABLES):
            console.print(folder / name)

    def _collected(self, folder: Path) -> tuple[pl.DataFrame, list[str]]:
        """A comparison that cannot be made costs a sweep no more than the comparison."""
        try:
            return collect(folder, self.view)
        except Mistake as mistake:
            log.error("the table stands alone: %s", mistake)
            return collect(folder, View({}, "", [], []))


def points(sweep: Path) -> list[Path]:
    """The folders of a sweep's points, however far they have come."""
    return sorted({path.parent for name in (CONFIG, LOCK) for path in sweep.rglob(name)})


def _state(folder: Path) -> str:
    """Why a point is not finished; empty if it is."""
    results = stored(folder)
    if results is None:
        return "was interrupted"
    return " ".join(results["error"].split()) if results.get("status") == "failed" else ""


def _require_installed(target: str) -> None:
    """A launcher's package, such as hydra_plugins.hydra_ray_launcher, comes with an extra."""
    package = ".".join(target.split(".")[:2])
    if find_spec(package) is None:
        extra = package.split("_")[2]
        sys.exit(f"error: {package} is not installed; pip install 'bam[{extra}]'")
