"""Hydra launcher: the points of a sweep as processes of this machine, a few at a time."""

import gc
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.context import BaseContext
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Queue

from hydra import version
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobRuntime, JobStatus, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

from bam.config.hydra_version import BASE
from bam.errors import require
from bam.system.cpu import cores

# once for all jobs: what trains, which takes a second, and what a job is sent as
PRELOADED = ["bam.experiment.train", "bam.experiment.start", "bam.experiment.sweep", __name__]


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
        numbered = enumerate(job_overrides, initial_job_idx)
        configs = [self._compose(number, overrides) for number, overrides in numbered]
        free: Queue[str] = Queue()
        places = self._places()[: len(configs)]
        for place in places:
            free.put(place)
        self.threads = max(1, cores() // len(places))
        stop = _processes().Event()
        with ThreadPoolExecutor(len(places)) as pool:
            try:
                return list(pool.map(lambda config: self._run(config, free, stop), configs))
            except KeyboardInterrupt:
                stop.set()
                raise

    def _compose(self, number: int, overrides: Sequence[str]) -> DictConfig:
        config = self.context.config_loader.load_sweep_config(self.config, list(overrides))
        with open_dict(config):
            config.hydra.job.id, config.hydra.job.num = str(number), number
        return config

    def _places(self) -> list[str]:
        """The value of CUDA_VISIBLE_DEVICES for each of the jobs that run at a time."""
        gpus = visible_gpus() if self.gpus is None else [str(gpu) for gpu in self.gpus]
        if not gpus:
            return [os.environ.get("CUDA_VISIBLE_DEVICES", "")] * self.jobs
        return (gpus * self.jobs_per_gpu)[: self.jobs]  # every GPU once, then every GPU again

    def _run(self, config: DictConfig, free: "Queue[str]", stop: Event) -> JobReturn:
        """One job in a new process, so that its end cannot end another job."""
        name, place = JobRuntime.instance().get("name"), free.get()
        point = Point(name, self.context, self.task, config, place, self.threads)
        try:
            if stop.is_set():
                return JobReturn(status=JobStatus.UNKNOWN)
            with ProcessPoolExecutor(1, _processes(), live_with_parent, (stop,)) as one:
                return one.submit(work, point).result()
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


def live_with_parent(stop: Event) -> None:
    """End this process when its parent has ended, even by SIGKILL; on `stop`, as SIGTERM does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, too, which stops us

    def end() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    def pass_on() -> None:
        stop.wait()
        os.kill(os.getpid(), signal.SIGTERM)

    for task in (end, pass_on):
        threading.Thread(target=task, daemon=True).start()


@dataclass(frozen=True)
class Point:
    """A job, as it is sent to its process."""

    name: str  # of the program
    context: HydraContext
    task: TaskFunction
    config: DictConfig
    gpus: str  # the value of CUDA_VISIBLE_DEVICES
    threads: int


def work(point: Point) -> JobReturn:
    """The job, in its process."""
    import torch

    gc.freeze()  # a search for garbage would write to what all jobs share
    os.environ["CUDA_VISIBLE_DEVICES"] = point.gpus
    torch.set_num_threads(point.threads)
    setup_globals()
    for base in BASE.values():
        version.setbase(base)
    JobRuntime.instance().set("name", point.name)
    HydraConfig.instance().set_config(point.config)
    return run_job(
        hydra_context=point.context,
        task_function=point.task,
        config=point.config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
