"""Hydra launcher: the points of a sweep as processes of this machine, a few at a time."""

import gc
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from queue import Queue

from hydra.core.utils import JobReturn, JobStatus, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from bam.errors import require
from bam.system.cpu import cores
from hydra_plugins.bam_point import Point, compose_points

# once for all jobs: what trains, which takes a second, and what a job is sent as
PRELOADED = [
    "bam.experiment.one_run.train",
    "bam.experiment.start",
    "bam.experiment.sweep.callback",
    __name__,
]


class LocalLauncher(Launcher):
    """At most `jobs` processes at a time, with the cores shared among them.

    Where GPUs are visible each job sees one of them, which at most `jobs_per_gpu` jobs share;
    `gpus=[]` uses none. The folder of a job whose process dies stays as it is, and the other jobs
    go on; all jobs end with the program that started them. When it is stopped by a signal, no job
    starts any more, and those that run save their state. Every config is composed before the first
    job starts.
    """

    def __init__(self, jobs: int, jobs_per_gpu: int, gpus: list[str] | None):
        for name, value in (("jobs", jobs), ("jobs_per_gpu", jobs_per_gpu)):
            whole = isinstance(value, int) and value >= 1
            require(whole, f"hydra.launcher.{name} must be at least 1", value)
        several = gpus is None or (isinstance(gpus, Sequence) and not isinstance(gpus, str))
        require(several, "hydra.launcher.gpus must be null or a list, such as [0,2]", gpus)
        self.jobs, self.jobs_per_gpu, self.gpus = jobs, jobs_per_gpu, gpus

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.context, self.task, self.config = hydra_context, task_function, config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        setup_globals()
        Path(self.config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        points = compose_points(
            self.context, self.task, self.config, job_overrides, initial_job_idx
        )
        free: Queue[str] = Queue()
        places = self._places()[: len(points)]
        for place in places:
            free.put(place)
        self.threads = max(1, cores() // len(places))
        self.stopped = threading.Event()
        ended, held = _processes().Pipe(duplex=False)  # jobs stop when `held` is closed
        with ended, held, ThreadPoolExecutor(len(places)) as pool:
            try:
                return list(pool.map(lambda point: self._run(point, free, ended), points))
            except KeyboardInterrupt:
                self.stopped.set()
                held.close()
                raise

    def _places(self) -> list[str]:
        """The value of CUDA_VISIBLE_DEVICES for each of the jobs that run at a time."""
        gpus = visible_gpus() if self.gpus is None else [str(gpu) for gpu in self.gpus]
        if not gpus:
            visible = os.environ.get("CUDA_VISIBLE_DEVICES", "") if self.gpus is None else ""
            return [visible] * self.jobs
        return (gpus * self.jobs_per_gpu)[: self.jobs]  # every GPU once, then every GPU again

    def _run(self, point: Point, free: "Queue[str]", ended: Connection) -> JobReturn:
        """One job in a new process, so that its end cannot end another job."""
        place = free.get()
        try:
            if self.stopped.is_set():
                return JobReturn(status=JobStatus.UNKNOWN)
            with ProcessPoolExecutor(1, _processes(), live_with_parent, (ended,)) as one:
                return one.submit(work, point, place, self.threads).result()
        except (BrokenProcessPool, KeyboardInterrupt):  # killed, or stopped by a signal
            return JobReturn(status=JobStatus.COMPLETED)  # its folder shows how far it came
        finally:
            free.put(place)


def _processes() -> BaseContext:
    """How a process begins: as a copy of one that has imported torch; on Windows, anew."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    copied = get_context("forkserver")
    copied.set_forkserver_preload(PRELOADED)
    return copied


def visible_gpus() -> list[str]:
    """The GPUs that this process may use."""
    import torch

    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    numbers = [str(number) for number in range(torch.cuda.device_count())]
    return visible.split(",") if visible and numbers else numbers


def live_with_parent(ended: Connection) -> None:
    """End this process when its parent has, even by SIGKILL; as SIGTERM does when that closes its
    end of the pipe, to which nothing is written.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, too, which stops us

    def end() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    def pass_on() -> None:
        ended.poll(None)  # until the other end is closed
        os.kill(os.getpid(), signal.SIGTERM)

    for task in (end, pass_on):
        threading.Thread(target=task, daemon=True).start()


def work(point: Point, gpus: str, threads: int) -> JobReturn:
    """The job, in its process; `gpus` is the value of CUDA_VISIBLE_DEVICES."""
    import torch

    gc.freeze()  # a search for garbage would write to what all jobs share
    os.environ["CUDA_VISIBLE_DEVICES"] = gpus
    torch.set_num_threads(threads)
    return point.run()
