"""Hydra sweeper: a hyper-parameter search by Optuna, in which every trial is a run."""

from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from bam.errors import require
from bam.system.files import naming


class OptunaSweeper(Sweeper):
    """Runs `at_once` points at a time until the study has `trials` of them.

    It maximises what training returns: the best `trainer.metric` on the validation users. The study
    is kept in `storage`; the same command continues it, interrupted trials first.
    """

    def __init__(
        self,
        study: str,
        storage: str,
        trials: int,
        at_once: int,
        seed: int,
        space: dict[str, Any],
        params: None,
    ):
        for name, value in (("trials", trials), ("at_once", at_once)):
            whole = isinstance(value, int) and value >= 1
            require(whole, f"hydra.sweeper.{name} must be at least 1", value)
        whole = isinstance(seed, int) and seed >= 0
        require(whole, "hydra.sweeper.seed must be at least 0", seed)
        self.study, self.storage, self.trials = study, storage, trials
        self.at_once, self.seed, self.space = at_once, seed, space

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.folder, self.composed = Path(config.hydra.sweep.dir), config
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        with naming(self.folder):
            self._search(arguments)

    def _search(self, arguments: list[str]) -> None:
        # Hydra imports every plugin at its start
        from bam.config.resolve import resolve
        from bam.experiment.sweep.points import note_earlier
        from bam.experiment.sweep.search import Search, lock, open_study, read_space

        self.folder.mkdir(parents=True, exist_ok=True)
        nodes: Any = OmegaConf.to_container(OmegaConf.create(self.space), resolve=True)
        space = read_space(nodes)
        with lock(self.folder):
            study = open_study(self.folder, self.study, self.storage, resolve(self.composed))
            search = Search(self.folder, study, self.seed, space)
            while batch := search.propose(self.trials, self.at_once):
                note_earlier(self.folder, search.done)
                # two trials with equal values are one run, which one process alone can train
                distinct = list(dict.fromkeys(tuple(trial.overrides) for trial in batch))
                points = [[*arguments, *overrides] for overrides in distinct]
                returned = self.launcher.launch(points, initial_job_idx=search.done)
                found = dict(zip(distinct, (job.return_value for job in returned), strict=True))
                search.report(batch, [found[tuple(trial.overrides)] for trial in batch])
