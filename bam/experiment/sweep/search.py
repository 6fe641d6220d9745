"""A search for the hyper-parameters that validate best."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bam.config.instantiate import build
from bam.config.space import SPACE, dimensions, option
from bam.errors import Mistake, extra, require
from bam.results.render.text import number
from bam.run.files import CONFIG
from bam.run.flatten import flat
from bam.run.identity import differences, identity
from bam.run.state import data_of
from bam.run.stored_config import read_config
from bam.system.files import remove_lock

with extra("optuna"):
    import optuna

log = logging.getLogger(__name__)
COMPLETE, FAIL, RUNNING, WAITING = (
    optuna.trial.TrialState[name] for name in ("COMPLETE", "FAIL", "RUNNING", "WAITING")
)
OTHER_SPACE = "hydra.sweeper.space must be that of the study in {} ({}); give another name="
OPTIONS = "options"  # of a study: what identifies its trials, beside what is searched
REPLACES = "replaces"  # of a trial: the number of the failed one whose values it tries again


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Keep other processes from the study in this folder.

    Raises:
        Mistake: another process works on it.
    """
    path = folder / ".search.lock"
    try:
        with FileLock(path, timeout=0):
            yield
        remove_lock(path)
    except Timeout as error:
        raise Mistake(
            f"{folder} is in use by another search; wait until it ends, or give another name="
        ) from error


def read_space(space: Mapping[str, Any]) -> dict[str, Any]:
    """The distribution of each option that is searched, by its path.

    Raises:
        Mistake: one is no distribution of Optuna.
    """
    return {key: _distribution(node, f"{SPACE}.{key}") for key, node in dimensions(space)}


def open_study(folder: Path, name: str, storage: str, config: Mapping[str, Any]) -> Any:
    """The study of this name: a new one, or that of before, if its trials have the same options.

    Raises:
        Mistake: the storage cannot be opened, or holds a search with other options.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    require("://" in storage, "hydra.sweeper.storage must be like sqlite:///FILE", storage)
    try:
        study = optuna.create_study(
            storage=storage, study_name=name, direction="maximize", load_if_exists=True
        )
    except Exception as error:  # of SQLAlchemy, of a driver or of Optuna
        # not the whole text: it may have the password of the storage
        reason = getattr(error, "orig", None) or type(error).__name__
        raise Mistake(
            f"hydra.sweeper.storage must be a database that Optuna can open ({reason}); correct "
            "it, or move a damaged file away"
        ) from error
    every = study.get_trials(deepcopy=False)
    # a version may not have stored them; of failed trials alone they may have been wrong
    if OPTIONS not in study.user_attrs or all(trial.state == FAIL for trial in every):
        study.set_user_attr(OPTIONS, identity(config))
    for key, (old, new) in differences(identity(config), study.user_attrs[OPTIONS]).items():
        raise Mistake(f"{folder} holds a search with {key}={old}, got {new}; give another name=")
    return study


@dataclass(frozen=True)
class Trial:
    """A point of the search space that the study proposes."""

    number: int
    overrides: list[str]


class Search:
    """An Optuna study that is stored on disk and can be continued."""

    def __init__(self, folder: Path, study: Any, seed: int, space: Mapping[str, Any]):
        """What failed in an earlier program is tried again."""
        self.folder, self.study, self.seed, self.space = folder, study, seed, space
        self._drop_incomplete()
        self._queue_failed()

    def propose(self, trials: int, at_once: int) -> list[Trial]:
        """The next points: first those of an earlier program that have no result.

        Raises:
            Mistake: a number is below 1, or the space is not that of the study.
        """
        require(at_once >= 1, "hydra.sweeper.at_once must be at least 1", at_once)
        require(trials >= 1, "hydra.sweeper.trials must be at least 1", trials)
        known = self.study.get_trials(deepcopy=False)
        self._require_same_space(known)
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
            raise Mistake(OTHER_SPACE.format(self.folder, error)) from error

    def _require_same_space(self, known: Sequence[Any]) -> None:
        """Refuse trials of other options, which Optuna would count: nothing new would be tried."""
        for trial in known:
            if trial.state == COMPLETE and trial.params.keys() != self.space.keys():
                options = ", ".join(sorted(trial.params))
                raise Mistake(OTHER_SPACE.format(self.folder, f"it has {options}"))

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
        return [option(key, value) for key, value in params.items()]


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


def _distribution(node: Any, place: str) -> Any:
    try:
        return build(node, place)
    except Mistake:
        raise
    except ValueError as error:
        raise Mistake(f"{place} must be a distribution: {error}") from error
