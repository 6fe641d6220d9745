"""What state a run is in, as its folder shows it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.errors import require
from bam.run.files import CONFIG, ENVIRONMENT, RESULTS, read


@dataclass(frozen=True)
class New:
    """No run has begun in the folder."""


@dataclass(frozen=True)
class Unfinished:
    """A run has begun and has no results: it is running, or it was interrupted."""


@dataclass(frozen=True)
class Failed:
    """The run ended with an error."""

    error: str
    results: dict[str, Any]  # what it was, without figures


@dataclass(frozen=True)
class Finished:
    """The run was trained and tested."""

    results: dict[str, Any]


State = New | Unfinished | Failed | Finished

NUMBER = int | float | None
LISTS = ("lower_is_better", "thread_counts", "started_at", "processes")
KINDS: dict[str, Any] = {  # of the parts of results.json
    **dict.fromkeys(("dataset", "backbone", "selection", "loss"), str | None),
    **dict.fromkeys(("fingerprint", "code", "data", "trained_on", "status", "error"), str | None),
    **dict.fromkeys(("seed", "steps", "best_step", "train_seconds", "test_seconds"), NUMBER),
    **dict.fromkeys(("samples_per_second", "users_per_second", "peak_memory_mb"), NUMBER),
    **dict.fromkeys(("repeated_targets", "refit_seconds"), NUMBER),
    "refit": bool,
    **dict.fromkeys(("overrides", "valid", "test", "balance", "sizes"), dict),
    **dict.fromkeys(LISTS, list),
}


def state(folder: Path) -> State:
    """The state of the run in this folder.

    Raises:
        Mistake: its results are damaged.
    """
    config = folder / CONFIG
    if not config.is_file() or config.stat().st_size == 0:
        return New()
    results = read(folder / RESULTS)
    require(_are_results(results), f"{folder / RESULTS} must be the results of a run", results)
    if results.get("status") == "failed":
        return Failed(" ".join(str(results.get("error")).split()), results)
    return Finished(results) if "test" in results else Unfinished()


def data_of(folder: Path) -> str:
    """The checksum of the data that the run has used; empty where it has not recorded one yet.

    Raises:
        Mistake: its results are damaged.
    """
    recorded = read(folder / RESULTS).get("data") or read(folder / ENVIRONMENT).get("data")
    return str(recorded or "")


def _are_results(found: Any) -> bool:
    """Whether each part that is there is of its kind; a number that is not finite is null."""
    if not isinstance(found, dict):
        return False
    if not all(isinstance(found[key], kind) for key, kind in KINDS.items() if key in found):
        return False
    figures = found.get("test", {}).values()
    names = (name for key in LISTS for name in found.get(key, []))
    return all(isinstance(one, NUMBER) for one in figures) and all(map(_is_plain, names))


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | NUMBER)
