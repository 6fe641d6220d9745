"""Begin and end a sweep: its config before the first point, its tables after the last."""

import logging
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from filelock import FileLock
from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console

from bam.errors import Mistake, install
from bam.experiment.console import show
from bam.results.collect import collect
from bam.results.render.console import table
from bam.results.view import View
from bam.run.files import CONFIG, LOCK
from bam.run.flatten import flat
from bam.run.state import Failed, Finished, state
from bam.system.torchrun import is_first_process

log = logging.getLogger(__name__)


class SweepCallback(Callback):
    """Shows the config first; in the end waits, collects and lists the points not finished.

    It waits for the points that other processes run. It leaves `results.csv`, `.md` and `.tex` in
    the sweep's folder and shows the runs. Unless every point is finished, it ends the program with
    a list of the others and exit code 1.
    """

    def __init__(
        self,
        baseline: Mapping[str, Any],
        metric: str,
        metrics: Sequence[str],
        published: Sequence[str],
    ):
        self.view = View(flat(baseline), metric, list(metrics), list(published))

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        _require_installed(config.hydra.launcher._target_)
        if is_first_process():
            show(config)

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        if is_first_process():
            folder = Path(config.hydra.sweep.dir)
            _wait(folder)
            try:
                self._show_tables(folder)
            finally:
                _exit_unless_finished(folder)

    def _show_tables(self, folder: Path) -> None:
        """A comparison that cannot be made leaves the tables without the comparison."""
        try:
            collected = collect(folder, self.view)
        except Mistake as mistake:
            log.error("the tables have no comparison: %s", mistake)
            collected = collect(folder, View({}, "", [], []))
        console = Console(width=None if sys.stdout.isatty() else 140)
        console.print(table(collected.frame, collected.metrics))
        for path in (*collected.frame["run"], *collected.write(folder)):
            console.print(path, soft_wrap=True, markup=False)


def find_points(sweep: Path) -> list[Path]:
    """The folders of all points that a sweep has begun."""
    return sorted({path.parent for name in (CONFIG, LOCK) for path in sweep.rglob(name)})


def _wait(sweep: Path) -> None:
    """Wait until no other process works on a point, which it locks meanwhile."""
    for point in find_points(sweep):
        if not isinstance(state(point), Finished | Failed):
            with FileLock(point / LOCK):
                pass


def _exit_unless_finished(sweep: Path) -> None:
    states = {str(point.relative_to(sweep)): state(point) for point in find_points(sweep)}
    lines = [
        f"  {name}: {found.error if isinstance(found, Failed) else 'was interrupted'}"
        for name, found in states.items()
        if not isinstance(found, Finished)
    ]
    if lines:
        head = f"error: {len(lines)} of {len(states)} points are not finished; "
        sys.exit("\n".join([f"{head}the same command tries them again", *lines]))


def _require_installed(target: str) -> None:
    """A launcher's package, such as hydra_plugins.hydra_ray_launcher, comes with an extra."""
    package = ".".join(target.split(".")[:2])
    if find_spec(package) is None:
        sys.exit(f"error: {package} is not installed; {install(package.split('_')[2])}")
