"""A point of a sweep, as a launcher sends it to the process that runs it, perhaps elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from hydra import version
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobRuntime, run_job, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

from bam.config.hydra_version import BASE


@dataclass(frozen=True)
class Point:
    """A config and the task that it is for."""

    name: str  # of the program
    context: HydraContext
    task: TaskFunction
    config: DictConfig

    def run(self) -> JobReturn:
        """Run the task in this process, whose Hydra becomes that of the program."""
        setup_globals()
        for base in BASE.values():
            version.setbase(base)
        JobRuntime.instance().set("name", self.name)
        HydraConfig.instance().set_config(self.config)
        return run_job(
            hydra_context=self.context,
            task_function=self.task,
            config=self.config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )


def compose_points(
    context: HydraContext,
    task: TaskFunction,
    config: DictConfig,
    overrides: Sequence[Sequence[str]],
    first: int,
) -> list[Point]:
    """The points with these overrides, numbered from `first` on, before any of them starts."""
    name, points = JobRuntime.instance().get("name"), []
    for number, own in enumerate(overrides, first):
        composed = context.config_loader.load_sweep_config(config, list(own))
        with open_dict(composed):
            composed.hydra.job.id, composed.hydra.job.num = str(number), number
        points.append(Point(name, context, task, composed))
    return points
