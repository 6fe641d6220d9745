"""Every run below a folder, in one line each: its state, what it is, and what it reached."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from bam.errors import Mistake
from bam.run.files import CONFIG, ENVIRONMENT, HYDRA, LOCK, REFIT, RESULTS, read, read_metrics
from bam.run.identity import CHOICES
from bam.run.state import Failed, Finished, state
from bam.system.checksums import SUMS
from bam.system.files import partial

METRIC = "ndcg@10"  # shown where the results have it, else the first of them
PARTS = ("dataset", "selection", "evaluation")  # in the config of any run
BEGUN = {LOCK, SUMS, partial(Path(CONFIG)).name}  # in a folder whose config was never written


@dataclass(frozen=True)
class Listed:
    """A run's folder, and what is known of it without its config."""

    folder: Path
    state: str  # finished, failed, running, interrupted or damaged
    about: str  # its choices and seed; empty until it ends
    metric: str  # of the test users; empty without results
    value: float | None
    seconds: float | None  # of training
    note: str  # an error, or how far it came


def list_runs(folder: Path) -> Iterator[Listed]:
    """Every run at or below a folder, in the order of their paths; links are not followed."""
    for path, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if name != HYDRA)
        if is_run(Path(path), files):
            yield read_run(Path(path))


def is_run(folder: Path, files: list[str]) -> bool:
    """Whether training has begun in a folder: other programs write a config.yaml, too."""
    if CONFIG not in files:
        return LOCK in files and set(files) <= BEGUN
    if {RESULTS, ENVIRONMENT} <= {*files}:  # also where the config is damaged
        return True
    try:
        config = read(folder / CONFIG)
    except (Mistake, OSError):
        return False
    return is_config(config)


def is_config(config: Any) -> bool:
    """Whether it is that of a run: other programs have keys of these names, too."""
    if not isinstance(config, dict):
        return False
    parts = [config.get(name) for name in PARTS]
    return all(isinstance(part, dict) for part in parts) and "_target_" in config["selection"]


def read_run(folder: Path) -> Listed:
    """What the files of a run show."""
    try:
        found = state(folder)
        if isinstance(found, Finished):
            return _finished(folder, found.results)
        if isinstance(found, Failed):
            return Listed(folder, "failed", _about(found.results), "", None, None, found.error)
        kind = "running" if is_held(folder) else "interrupted"
        return Listed(folder, kind, "", "", None, None, _progress(folder))
    except (Mistake, OSError, yaml.YAMLError) as error:
        return Listed(folder, "damaged", "", "", None, None, str(error))


def is_held(folder: Path) -> bool:
    """Whether a process works in the folder, which it locks meanwhile."""
    if not (folder / LOCK).is_file():
        return False
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        return _is_held_by_another_user(folder / LOCK)


def _is_held_by_another_user(lock: Path) -> bool:
    """As `is_held`, of a lock that this user may read alone."""
    import fcntl  # not on Windows, where reading needs no other right than locking

    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _finished(folder: Path, results: dict[str, Any]) -> Listed:
    test = results["test"]
    metric = METRIC if METRIC in test else next(iter(test), "")
    seconds = results.get("train_seconds")
    return Listed(folder, "finished", _about(results), metric, test.get(metric), seconds, "")


def _about(results: dict[str, Any]) -> str:
    choices = [str(results[group]) for group in CHOICES if results.get(group)]
    refit = ["refit=true"] if results.get("refit") else []
    seed = [f"seed={results['seed']}"] if "seed" in results else []
    return " ".join([*choices, *refit, *seed])


def _progress(folder: Path) -> str:
    metrics = read_metrics(folder)
    again = ", training again on train + validation" if (folder / REFIT).is_dir() else ""
    step = f"at step {metrics[-1].get('step')}" if metrics else "before its first validation"
    return f"{step}{again}"
