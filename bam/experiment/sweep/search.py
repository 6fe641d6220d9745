"""A search for the hyper-parameters that validate best."""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bam.config.instantiate import build
from bam.errors import Mistake, extra, require
from bam.results.render.text import number
from bam.run.files import CONFIG
from bam.run.flatten import flat
from bam.run.identity import identity
from bam.run.migrate import read_config
from bam.run.state import data_of
from bam.system.files import remove_lock

with extra("optuna"):
    import optuna

log = logging.getLogger(__name__)
FAIL, RUNNING, WAITING = (optuna.trial.TrialState[n] for n in ("FAIL", "RUNNING", "WAITING"))
REPLACES = "replaces"  # of a trial: the number of the failed one whose values it tries again


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
        """Keep other processes from the study; what failed in an earlier program is tried again.

        Raises:
            Mistake: another process works on it.
        """
        lock = self.folder / ".search.lock"
        try:
            with FileLock(lock, timeout=0):
                self._drop_incomplete()
                self._queue_failed()
                yield self
            remove_lock(lock)
        except Timeout as error:
            raise Mistake(
                f"{self.folder} is in use by another search; wait until it ends, "
                "or give another name="
            ) from error

    def propose(self, trials: int, at_once: int) -> list[Trial]:
        """The next points: first those of an earlier program that have no result.

        Raises:
            Mistake: a number is below 1, or the space is not that of the study.
        """
        require(at_once >= 1, "hydra.sweeper.at_once must be at least 1", at_once)
        require(trials >= 1, "hydra.sweeper.trials must be at least 1", trials)
        known = self.study.get_trials(deepcopy=False)
        proposed: list[Any] = [trial for trial in known if trial.state == RUNNING]
        queued = sum(trial.state == WAITING for trial in known)
        new = trials - (len(known) - len(_replaced(known)))
        for _ in range(min(at_once - len(proposed), queued + max(new, 0))):
            proposed.append(self._ask())
        return [Trial(trial.number, self._overrides(trial.params)) for trial in proposed]

    @property
    def done(self) -> int:
        """How many points have a result; one that is tried again has none yet."""
        known = self.study.get_trials(deepcopy=False)
        ended = sum(trial.state not in (RUNNING, WAITING) for trial in known)
        return ended - len(_replaced(known))

    def _ask(self) -> optuna.Trial:
        # a seed for each trial: a search that goes on proposes what an unbroken one would
        seed = self.seed + len(self.study.trials)
        self.study.sampler = optuna.samplers.TPESampler(seed=seed)
        try:
            return self.study.ask(self.space)
        except ValueError as error:
            raise Mistake(
                f"hydra.sweeper.space must be that of the study in {self.folder} ({error}); "
                "give another name="
            ) from error

    def _drop_incomplete(self) -> None:
        """A point that was proposed for another space, or whose proposal was killed, failed."""
        for trial in self.study.get_trials(deepcopy=False, states=(RUNNING,)):
            if trial.params.keys() != self.space.keys():
                self.study.tell(trial.number, state=FAIL)

    def _queue_failed(self) -> None:
        """Each failed point comes again, as a trial of the same values."""
        known = self.study.get_trials(deepcopy=False)
        for trial in known:
            if trial.state == FAIL and trial.number not in _replaced(known):
                values = {key: trial.params[key] for key in self.space if key in trial.params}
                self.study.enqueue_trial(values, user_attrs={REPLACES: trial.number})

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
                self.study.tell(trial.number, state=FAIL)
        complete = [trial for trial in self.study.trials if trial.value is not None]
        if complete:
            best = self.study.best_trial
            chosen = " ".join(self._overrides(best.params))
            log.info(
                "best so far: %s of the validation users with %s",
                number(self.study.best_value),
                chosen,
            )

    def _overrides(self, params: dict[str, Any]) -> list[str]:
        return [f"{key}={'null' if value is None else value}" for key, value in params.items()]


def _replaced(trials: list[Any]) -> set[int]:
    """The numbers of the trials that others have replaced."""
    return {t.user_attrs[REPLACES] for t in trials if REPLACES in t.user_attrs}


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
        place = f"hydra.sweeper.space.{path}{key}"
        require(isinstance(value, dict), f"{place} must be a distribution of Optuna", value)
        if "_target_" in value:
            try:
                yield path + key, build(value, place)
            except Mistake:
                raise
            except ValueError as error:
                raise Mistake(f"{place} must be a distribution: {error}") from error
        else:
            yield from _dimensions(value, f"{path}{key}.")
