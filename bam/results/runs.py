"""What a run has left in its folder."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.errors import Mistake
from bam.run.files import CONFIG, METRICS, OVERRIDES, RESULTS, read
from bam.run.flatten import flat
from bam.run.identity import CHOICES
from bam.run.migrate import migrated


@dataclass(frozen=True)
class Run:
    """A run as far as it has come."""

    folder: Path
    config: dict[str, Any]  # flat
    choices: dict[str, str]  # of each group in CHOICES; empty where nothing tells it
    overrides: dict[str, str]
    results: dict[str, Any]  # empty until the run ends

    @property
    def status(self) -> str:
        """finished, failed or unfinished."""
        if self.results.get("status") == "failed":
            return "failed"
        return "finished" if "test" in self.results else "unfinished"

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
    """What the run said at each validation; a last line that was cut off is left out."""
    path = run.folder / METRICS
    text = path.read_text() if path.is_file() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _folders(folder: Path) -> Iterator[Path]:
    for path, below, files in os.walk(folder):
        if CONFIG in files:
            below.clear()  # a run holds no runs
            if (Path(path) / CONFIG).stat().st_size:  # else killed before its first word
                yield Path(path)


def _read(folder: Path) -> Run:
    config = {key: _plain(value) for key, value in flat(migrated(read(folder / CONFIG))).items()}
    results = read(folder / RESULTS)
    overrides = results.get("overrides") or _overrides(folder / OVERRIDES)
    told = {**overrides, **results}
    choices = {group: str(told.get(group, "")) for group in CHOICES}
    return Run(folder, config, choices, overrides, results)


def _plain(value: Any) -> Any:
    """1.0 as 1: an option reads both alike."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _overrides(path: Path) -> dict[str, str]:
    return dict(str(override).partition("=")[::2] for override in read(path))
