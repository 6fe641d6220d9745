"""Read the runs below a folder, finished or not."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.errors import Mistake, require
from bam.run.files import CONFIG, ENVIRONMENT, HYDRA, OVERRIDES, REFIT, RESULTS, read, read_metrics
from bam.run.flatten import flat
from bam.run.identity import CHOICES, fingerprint, identity
from bam.run.listing import is_config
from bam.run.override import as_mapping
from bam.run.state import Failed, Finished, New, data_of, state
from bam.run.stored_config import is_unchanged, read_config

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """A run as far as it has come."""

    folder: Path
    config: dict[str, Any]  # flat
    identity: dict[str, Any]  # the same without circumstances; paths below data_dir are relative
    choices: dict[str, str]  # of each group in CHOICES; empty where it is not known
    overrides: dict[str, str]
    results: dict[str, Any]  # empty until the run ends
    data: str  # checksum of its data; empty where it has recorded none
    status: str  # finished, failed or unfinished

    @property
    def seed(self) -> int:
        seed: int = self.config["seed"]
        return seed


def runs(folder: Path) -> list[Run]:
    """Every run at or below the folder, in the order of their paths.

    Raises:
        Mistake: there is none, or one is damaged.
    """
    found = [_read(path) for path in sorted(_folders(folder))]
    if not found:
        raise Mistake(f"{folder} must hold at least one run, got none")
    return found


def history(run: Run) -> list[dict[str, Any]]:
    """The figures of each validation of the run."""
    return read_metrics(run.folder)


def _folders(folder: Path) -> Iterator[Path]:
    """Every run once, also where a link leads to it, under the name that has no link."""
    visited = set()
    for path, below, files in os.walk(folder, followlinks=True):
        below[:] = [name for name in below if name != HYDRA]
        below.sort(key=lambda name: ((Path(path) / name).is_symlink(), name))
        if (real := os.path.realpath(path)) in visited:
            below.clear()  # a link that leads back
            continue
        visited.add(real)
        if CONFIG in files and not _is_foreign(Path(path)):
            below[:] = [name for name in below if name != REFIT]  # a part of this run
            if not isinstance(state(Path(path)), New):  # killed before its config was written
                yield Path(path)


def _is_foreign(folder: Path) -> bool:
    """Whether its config is no run's: other programs write a config.yaml, too."""
    if any((folder / name).exists() for name in (RESULTS, ENVIRONMENT, OVERRIDES)):
        return False
    try:
        config = read(folder / CONFIG)
    except Mistake:  # it is damaged, and reading the run says so
        return False
    return not is_config(config)


def _read(folder: Path) -> Run:
    config, found = read_config(folder / CONFIG), state(folder)
    require(
        isinstance(config.get("seed"), int),
        f"{folder / CONFIG}: seed must be int",
        config.get("seed"),
    )
    results = dict(found.results) if isinstance(found, Finished | Failed) else {}
    results |= {part: _numbers(results[part]) for part in ("test", "valid") if part in results}
    if "balance" in results:
        results["balance"] = _complete(results["balance"])
    overrides = results.get("overrides") or as_mapping(list(read(folder / OVERRIDES)))
    known = {**overrides, **results}
    recorded = results.get("fingerprint")
    same = recorded in (None, fingerprint(config))  # a config of an earlier version is another one
    if not same and not is_unchanged(folder / CONFIG, results):
        if not is_config(config):
            raise Mistake(f"{folder / CONFIG} is cut or of another program; restore it")
        log.warning("%s is not as it was when the run was trained", folder / CONFIG)
    return Run(
        folder=folder,
        config=_flat(config),
        identity=_flat(identity(config)),
        choices={group: str(known.get(group, "")) for group in CHOICES},
        overrides=overrides,
        results=results,
        data=data_of(folder),
        status=type(found).__name__.lower(),
    )


def _numbers(figures: dict[str, Any]) -> dict[str, int | float]:
    """Without those that are no finite number, and lists."""
    return {name: value for name, value in figures.items() if isinstance(value, int | float)}


def _complete(balance: dict[str, Any]) -> dict[str, Any]:
    """Without numbers and lists that have a null, which was no finite number."""
    lists = {name: value for name, value in balance.items() if isinstance(value, list)}
    return _numbers(balance) | {name: value for name, value in lists.items() if None not in value}


def _flat(config: dict[str, Any]) -> dict[str, Any]:
    return {key: _whole(value) for key, value in flat(config).items()}


def _whole(value: Any) -> Any:
    """1.0 as 1: an option reads both alike."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
