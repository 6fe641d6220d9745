"""What a sweep shows: each point while it runs, and tables after the last one."""

import logging
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from filelock import FileLock
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from bam.errors import Mistake, install
from bam.experiment.one_run.console import show_sweep
from bam.experiment.sweep.conclusion import show_conclusion
from bam.experiment.sweep.points import Points
from bam.results.collect import collect
from bam.results.configuration import configurations
from bam.results.runs import runs
from bam.results.view import View
from bam.run.files import CONFIG, LOCK
from bam.run.flatten import flat
from bam.run.listing import read_run
from bam.run.state import Failed, state
from bam.system.failure import explain
from bam.system.files import remove_lock
from bam.system.log_lines import log_lines
from bam.system.torchrun import is_first_process

log = logging.getLogger(__name__)
TABLES = ".tables.lock"  # of a sweep's folder, while its tables are written
# the words for points that have left no error
NOT_FINISHED = dict.fromkeys(("running", "interrupted"), "was interrupted")


class SweepCallback(Callback):
    """Shows what each point is and how far the sweep has come; in the end waits and collects.

    It waits for the points that other processes run. It leaves `results.csv`, `.md` and `.tex` in
    the sweep's folder and shows the configurations. Unless every point is finished, it ends the
    program with a list of the others and exit code 1. Hydra hands it to the processes of the points
    as it is after `on_multirun_start`.
    """

    points: Points | None = None  # of a sweep that has begun

    def __init__(
        self,
        baseline: Mapping[str, Any],
        metric: str,
        metrics: Sequence[str],
        published: Sequence[str],
        columns: Sequence[str],
    ):
        self.view = View(flat(baseline), metric, list(metrics), list(published), list(columns))

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        _require_installed(config.hydra.launcher._target_)
        self.points = Points.of(config)
        if is_first_process():
            self.points.forget()
            show_sweep(self.points.total, config.hydra.sweep.dir, config.hydra.overrides.task)

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        if self.points:
            with log_lines():
                line = self.points.line(config.hydra.job.num + 1, config.hydra.overrides.task)
                log.info("%s", line)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        if self.points and is_first_process():
            number, folder = config.hydra.job.num + 1, Path(config.hydra.runtime.output_dir)
            found = state(folder)
            with log_lines():
                if isinstance(found, Failed):
                    log.info("#%d failed: %s", number, found.error)
                with suppress(OSError):  # of a disk that is full the points have their own errors
                    self.points.note(number, folder)
                    log.info("%s", self.points.progress())

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        if is_first_process():
            try:
                self._end(Path(config.hydra.sweep.dir))
            except Exception as error:  # Hydra would make a warning of it, and exit code 0
                log.debug("the sweep ended with an error", exc_info=True)
                sys.exit(f"error: {explain(error) or repr(error)}")

    def _end(self, folder: Path) -> None:
        _wait(folder)
        if self.points:
            self.points.forget()
        try:
            with FileLock(folder / TABLES):  # the last points of two programs may end together
                self._show_tables(folder)
            remove_lock(folder / TABLES)
        finally:
            _exit_unless_finished(folder)

    def _show_tables(self, folder: Path) -> None:
        """A comparison that cannot be made leaves the tables without the comparison."""
        try:
            self._show(folder, self.view)
        except Mistake as mistake:
            log.error("the tables have no comparison: %s", mistake)
            self._show(folder, View({}, "", [], []))

    def _show(self, folder: Path, view: View) -> None:
        collect(folder, view).write(folder)
        show_conclusion(folder, configurations(runs(folder)), view)


def find_points(sweep: Path) -> list[Path]:
    """The folders of all points that a sweep has begun; what a point's trackers keep is none."""
    found = {path.parent for name in (CONFIG, LOCK) for path in sweep.rglob(name)}
    return sorted(path for path in found if not found.intersection(path.parents))


def _wait(sweep: Path) -> None:
    """Wait until no other process works on a point, which it locks meanwhile."""
    for point in find_points(sweep):
        if read_run(point).state in ("running", "interrupted"):
            with FileLock(point / LOCK):
                pass


def _exit_unless_finished(sweep: Path) -> None:
    points = [read_run(point) for point in find_points(sweep)]
    lines = [
        f"  {one.folder.relative_to(sweep)}: {NOT_FINISHED.get(one.state, one.note)}"
        for one in points
        if one.state != "finished"
    ]
    if lines:
        head = f"error: {len(lines)} of {len(points)} points are not finished; the command that "
        sys.exit("\n".join([f"{head}began them tries them again", *lines]))


def _require_installed(target: str) -> None:
    """A launcher's package, such as hydra_plugins.hydra_joblib_launcher, comes with an extra."""
    package = ".".join(target.split(".")[:2])
    if find_spec(package) is None:
        sys.exit(f"error: {package} is not installed; {install(package.split('_')[2])}")
