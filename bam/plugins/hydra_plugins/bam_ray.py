"""Hydra launcher: the points of a sweep as tasks of Ray, on this machine or on a cluster."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from bam.errors import Mistake, extra, require
from bam.system.stop import NAMES, Stopped, on_stop
from hydra_plugins.bam_point import Point, compose_points

LOOK = 1.0  # seconds between two looks whether a signal has arrived
SAVING = 60.0  # seconds in which points that are stopped save their state


class RayLauncher(Launcher):
    """Each point is a task, in the folder in which the program was started, on any host.

    `ray.init` and `ray.remote` are what Ray's functions of these names are given; null is Ray's own
    choice. Ray starts a task anew, elsewhere, when its process or host is lost: the point then goes
    on from its last state. All configs are composed before the first point starts. When the program
    is stopped by a signal, no point starts any more, and those that run save their state.
    """

    def __init__(self, ray: DictConfig):
        options: Any = OmegaConf.to_container(ray, resolve=True)
        self.init, self.remote = (_given(options[name]) for name in ("init", "remote"))

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        with extra("ray"):
            import ray  # noqa: F401
        self.context, self.task, self.config = hydra_context, task_function, config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        import ray

        setup_globals()
        folder = Path(self.config.hydra.sweep.dir)
        folder.mkdir(parents=True, exist_ok=True)
        points = compose_points(
            self.context, self.task, self.config, job_overrides, initial_job_idx
        )
        if not ray.is_initialized():
            _join_cluster(self.init)
        task = ray.remote(**self.remote)(work)
        tasks = [task.remote(point, Path.cwd()) for point in points]
        _wait(tasks)
        return _results(tasks, initial_job_idx)


def work(point: Point, folder: Path) -> JobReturn:
    """The point, in a process of Ray: that has begun in the folder of `ray start`."""
    require(folder.is_dir(), "the folder of the sweep must be there on every host", str(folder))
    os.chdir(folder)
    return point.run()


def _join_cluster(options: dict[str, Any]) -> None:
    """Begin a cluster, or join one; what signals do here stays as it was.

    Raises:
        Mistake: Ray refuses an option, or finds no cluster.
    """
    import ray

    before = {number: signal.getsignal(number) for number in NAMES}
    try:
        ray.init(**options)
    except (ConnectionError, ValueError) as error:
        raise Mistake(f"hydra.launcher.ray.init is refused by Ray: {error}") from error
    for number, handler in before.items():
        signal.signal(number, handler)


def _wait(tasks: list[Any]) -> None:
    """Wait until all have ended, or a signal stops them: Ray would hide what a handler raises.

    Raises:
        Stopped: SIGINT or SIGTERM has arrived.
    """
    import ray

    arrived: list[int] = []
    left = tasks
    with on_stop(arrived.append):
        while left and not arrived:
            _, left = ray.wait(left, num_returns=len(left), timeout=LOOK)
        if arrived:
            for task in left:
                ray.cancel(task)
            ray.wait(left, num_returns=len(left), timeout=SAVING)
            raise Stopped(arrived[0])


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _results(tasks: Sequence[Any], first: int) -> list[JobReturn]:
    """What the tasks have returned, once all have ended.

    Raises:
        Mistake: Ray could not run some of them.
    """
    import ray

    results, lost = [], []
    for number, task in enumerate(tasks, first + 1):
        try:
            results.append(ray.get(task))
        except ray.exceptions.RayError as error:
            reason = str(getattr(error, "cause", error)).splitlines()[0]
            lost.append(f"#{number} ({reason})")
    if lost:
        raise Mistake(
            f"{len(lost)} of {len(tasks)} points could not be run; the same command tries them "
            f"again: {', '.join(lost)}"
        )
    return results
