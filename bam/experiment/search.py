"""A search for the hyper-parameters that validate best."""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bam.errors import Mistake, require
from bam.experiment.instantiate import build
from bam.run.files import CONFIG
from bam.run.flatten import flat
from bam.run.identity import identity
from bam.run.migrate import read_config
from bam.run.state import data_of

try:
    import optuna
except ModuleNotFoundError as missing:
    raise Mistake("optuna is not installed; pip install 'bam[optuna]'") from missing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """A point of the search space that the study proposes."""

    number: int
    overrides: list[str]


class Search:
    """An Optuna study that is stored on disk and can be continued."""

    def __init__(self, folder: Path, study: str, storage: str, seed: int, space: dict[str, Any]):
        require(len(space) > 0, "hydra.sweeper.space must name what is searched", space)
        self.folder = folder
        self.space = dict(_dimensions(space, ""))
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.study = optuna.create_study(
            storage=storage, study_name=study, direction="maximize", load_if_exists=True
        )
        self.seed = seed

    @contextmanager
    def lock(self) -> Iterator["Search"]:
        """Keep other processes from the study.

        Raises:
            Mistake: another process works on it.
        """
        lock = self.folder / ".search.lock"
        try:
            with FileLock(lock, timeout=0):
                yield self
            lock.unlink(missing_ok=True)
        except Timeout as error:
            raise Mistake(
                f"{self.folder} is in use by another search; wait until it ends, "
                "or give another name="
            ) from error

    def propose(self, trials: int, at_once: int) -> list[Trial]:
        """The next points: first those of an earlier program that have no result."""
        known = self.study.get_trials(deepcopy=False)
        open_ = [trial for trial in known if not trial.state.is_finished()]
        waiting = [Trial(trial.number, self._overrides(trial.params)) for trial in open_]
        for _ in range(min(at_once - len(waiting), trials - len(known))):
            # a seed for each trial: a search that goes on proposes what an unbroken one would
            seed = self.seed + len(self.study.trials)
            self.study.sampler = optuna.samplers.TPESampler(seed=seed)
            trial = self.study.ask(self.space)
            waiting.append(Trial(trial.number, self._overrides(trial.params)))
        return waiting

    def report(self, trials: list[Trial], metrics: list[Any]) -> None:
        """Store the metric of each point; nan and infinity mean that the point failed.

        Raises:
            Mistake: the data have changed since an earlier point.
        """
        _require_one_data(self.folder)
        for trial, metric in zip(trials, metrics, strict=True):
            if isinstance(metric, float) and math.isfinite(metric):
                self.study.tell(trial.number, metric)
            else:
                self.study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        complete = [trial for trial in self.study.trials if trial.value is not None]
        if complete:
            best = self.study.best_trial
            chosen = " ".join(self._overrides(best.params))
            log.info("best of %d: %.4f with %s", len(complete), best.value, chosen)

    def _overrides(self, params: dict[str, Any]) -> list[str]:
        return [f"{key}={value}" for key, value in params.items()]


def _require_one_data(folder: Path) -> None:
    """Refuse a search in which one data set has had several contents: its best is of none."""
    contents: dict[str, set[str]] = {}
    for config in folder.glob(f"*/{CONFIG}"):
        if data := data_of(config.parent):
            dataset = flat(identity(read_config(config)).get("dataset"))
            contents.setdefault(str(dataset), set()).add(data)
    for found in contents.values():
        if len(found) > 1:
            raise Mistake(
                f"{folder} holds trials of different data: their checksums are "
                f"{' and '.join(sorted(found))}; give another name="
            )


def _dimensions(node: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if "_target_" in value:
            yield path + key, build(value, f"hydra.sweeper.space.{path}{key}")
        else:
            yield from _dimensions(value, f"{path}{key}.")
