"""Claim a run's folder: one process works in it, and an interrupted run continues there."""

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bam.errors import Mistake
from bam.run.files import CONFIG, FINAL, LOCK, LOG, PREVIOUS, REFIT, RESULTS, RESUME
from bam.run.identity import (
    ANOTHER,
    STEPS,
    differences,
    fingerprint,
    require_same_data,
)
from bam.run.rows import remove_rows
from bam.run.spec import RunSpec
from bam.run.state import Failed, Finished, New, State, Unfinished, data_of, state
from bam.run.stored_config import read_config, write_config
from bam.system.checksums import SUMS, move, remove
from bam.system.files import partial, remove_lock
from bam.system.torchrun import may_restart


class Busy(Mistake):
    """Another process works in the folder."""


class AlreadyFinished(Mistake):
    """The folder holds this very run, finished."""


@contextmanager
def claim(spec: RunSpec, data: Callable[[], str]) -> Iterator[State]:
    """Work in the run's folder alone, with the log also written there; gives the state found.

    Whoever finds the run finished leaves its results as they are; in any other state the config is
    written, and the results of a failed attempt are deleted. What a kill has left is deleted. A
    larger trainer.max_steps makes a finished run an unfinished one. `data` opens the data and gives
    their checksum: it is called before anything is written, where the folder holds what depends on
    data.

    Raises:
        Busy: another process works in the folder. Where torchrun restarts what is lost, a process
            of a host that cannot be reached may still do so: it is waited for.
        Mistake: the folder holds another run, or the same of other data, or other files; or it is
            finished, and the specification does not keep that; or it was finished by other code.
    """
    try:
        found = check(spec, data)
    except AlreadyFinished:
        _clean_finished(spec)
        raise
    if isinstance(found, Finished):
        _clean_finished(spec)
        yield found
        return
    spec.folder.mkdir(parents=True, exist_ok=True)
    with _locked(spec, spec.config["timeout"] // 2 if may_restart() else 0):
        found = check(spec, data)  # again: another process may have held the lock meanwhile
        if isinstance(found, Finished):
            yield found
        else:
            _clean(spec)
            remove(spec.folder / RESULTS)  # of an attempt that failed, or of fewer steps
            write_config(spec.folder / CONFIG, spec.config)
            with _logged(spec.folder):
                yield found
        if isinstance(state(spec.folder), Finished | Failed):
            remove_lock(spec.folder / LOCK)


def settle(spec: RunSpec, results: Mapping[str, Any]) -> None:
    """Keep no state of a finished run but its last one, with which a single run may get more steps.

    A point with more steps is another point. A kill loses nothing: the results are there before,
    and whoever finds the run finished calls this again.
    """
    folder = spec.folder
    if (folder / RESUME).is_file() and not spec.in_sweep:
        move(folder / RESUME, folder / FINAL)
    for name in (RESUME, PREVIOUS):
        remove(folder / name)
    remove_rows(folder, {results["steps"]} if (folder / FINAL).is_file() else set())
    shutil.rmtree(folder / REFIT, ignore_errors=True)


def _clean_finished(spec: RunSpec) -> None:
    """As `_clean`, and the lock, unless another process works there, to give it more steps."""
    left = (LOCK, RESUME, PREVIOUS, REFIT, partial(Path("*")).name)
    if any(path for name in left for path in spec.folder.glob(name)):
        with suppress(Busy), _locked(spec, 0):
            _clean(spec)
            remove_lock(spec.folder / LOCK)


def _clean(spec: RunSpec) -> None:
    """Delete files that a kill has left half written; settle a finished run."""
    for path in spec.folder.glob(partial(Path("*")).name):
        path.unlink(missing_ok=True)
    found = state(spec.folder)
    if isinstance(found, Finished):
        settle(spec, found.results)


def check(spec: RunSpec, data: Callable[[], str]) -> State:
    """The state of the run's folder, which must be free for this run or hold it.

    Results of other code are refused: in one table with results of the present code, no code could
    reproduce them all. `any_code=true` accepts them; deleting the folder runs the point again.
    """
    folder, found = spec.folder, state(spec.folder)
    if isinstance(found, New):
        _refuse_files(spec)
        return found
    longer = _is_longer(spec, found)
    if not longer and fingerprint(read_config(folder / CONFIG)) != fingerprint(spec.config):
        run = "a finished run" if isinstance(found, Finished) else "another run"
        raise Mistake(f"run folder {folder} already holds {run}; {_another(spec)}")
    trained = any((folder / name).exists() for name in (RESUME, PREVIOUS, FINAL))
    if trained or isinstance(found, Finished):
        require_same_data(f"run folder {folder}", data_of(folder), data(), _another(spec))
    if not isinstance(found, Finished):
        return found
    if not longer and not spec.keeps_finished:
        raise AlreadyFinished(f"run folder {folder} already holds a finished run; {_another(spec)}")
    if found.results.get("code") != spec.code and not spec.any_code:
        raise Mistake(
            f"run folder {folder} was finished by other code; delete it to run it again, "
            "or accept such results with any_code=true"
        )
    return Unfinished() if longer else found


def _is_longer(spec: RunSpec, found: State) -> bool:
    """Whether the run in the folder ended with fewer steps, and is the same but for that.

    Raises:
        Mistake: another option depends on the number of steps: no step of the longer run is equal.
    """
    changed = differences(spec.config, read_config(spec.folder / CONFIG))
    old, new = changed.pop(STEPS, (0, 0))
    more = isinstance(old, int) and isinstance(new, int) and old < new
    last = (FINAL, RESUME) if isinstance(found, Finished) else (FINAL,)  # `settle` moves it
    if not more or not any((spec.folder / name).is_file() for name in last):
        return False
    if any(values != (old, new) for values in changed.values()):
        return False
    if changed:
        raise Mistake(
            f"{STEPS} must stay {old} in run folder {spec.folder}, because {min(changed)} depends "
            f"on it: with {new} steps all steps are others; {_another(spec)}"
        )
    return True


def _another(spec: RunSpec) -> str:
    """What to do where the folder is taken."""
    return "give another hydra.sweep.dir=, or delete it" if spec.in_sweep else ANOTHER


def _refuse_files(spec: RunSpec) -> None:
    folder = spec.folder
    ours = {LOCK, SUMS, CONFIG, partial(folder / CONFIG).name}
    if folder.is_dir() and {path.name for path in folder.iterdir()} - ours:
        raise Mistake(f"run folder {folder} already holds files; {_another(spec)}")


@contextmanager
def _locked(spec: RunSpec, seconds: int) -> Iterator[None]:
    """Hold the folder's lock; wait for it so long, while the other processes wait for this one."""
    try:
        with FileLock(spec.folder / LOCK, timeout=seconds):
            yield
    except Timeout as error:
        raise Busy(
            f"run folder {spec.folder} is in use by another process; wait until it ends, "
            f"{_another(spec)}"
        ) from error


@contextmanager
def _logged(folder: Path) -> Iterator[None]:
    handler = LogFile(folder / LOG, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        with suppress(OSError):
            handler.close()


class LogFile(logging.FileHandler):
    """A log that a full disk only cuts short: each line is on the console, too."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Leave the line out."""
