"""The points of a sweep: how many there are, how many have ended, and how long the others take."""

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

from bam.run.files import RESULTS
from bam.system.duration import duration

ENDED = ".ended"  # in the sweep's folder while it runs: a line for each point that has ended


@dataclass(frozen=True)
class Points:
    """What every point of a sweep knows of it, also in another process."""

    total: int
    folder: Path
    shared: frozenset[str]  # the options that all points have
    began: float  # seconds since 1970

    @staticmethod
    def of(config: DictConfig) -> "Points":
        """Those of a sweep that begins now: all combinations, or the trials of a search."""
        overrides = list(config.hydra.overrides.task)
        total = config.hydra.sweeper.get("trials") or _count(config, overrides)
        folder = Path(config.hydra.sweep.dir).absolute()
        return Points(int(total), folder, frozenset(overrides), time.time())

    def line(self, number: int, overrides: Sequence[str]) -> str:
        """What a point changes; its number counts from 1."""
        own = [text for text in overrides if text not in self.shared]
        return f"#{number} of {self.total}{': ' if own else ''}{' '.join(own)}"

    def forget(self) -> None:
        """Delete what the points have left for this count, such as those of a sweep that ended."""
        (self.folder / ENDED).unlink(missing_ok=True)

    def note(self, number: int, point: Path) -> None:
        """Take note that a point has ended, and whether it was trained in this sweep."""
        results = point / RESULTS
        trained = results.is_file() and results.stat().st_mtime >= self.began
        with (self.folder / ENDED).open("a", encoding="utf-8") as file:
            file.write(f"{number} {trained:d}\n")

    def progress(self) -> str:
        """How many have ended, and about how long the others take at the pace until now."""
        noted = _read(self.folder)
        left, trained = self.total - len(noted), sum(map(int, noted.values()))
        seconds = left * (time.time() - self.began) / max(trained, 1)
        time_left = f", about {duration(seconds)} left" if left and trained else ""
        return f"{len(noted)} of {self.total} points have ended{time_left}"


def note_earlier(folder: Path, count: int) -> None:
    """Take note of the first points of a search, of an earlier program or equal to others."""
    noted = _read(folder)
    with suppress(OSError), (folder / ENDED).open("a", encoding="utf-8") as file:
        file.writelines(f"{n} 0\n" for n in range(1, count + 1) if str(n) not in noted)


def _read(folder: Path) -> dict[str, str]:
    """Each point that has ended, and whether it was trained in this sweep."""
    path = folder / ENDED
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    pairs = (line.split() for line in lines)
    return dict(pair for pair in pairs if len(pair) == 2)  # a full disk may have cut a line


def _count(config: DictConfig, overrides: Sequence[str]) -> int:
    """All combinations of the values that are swept, on the command line or by an experiment."""
    swept = {**(config.hydra.sweeper.get("params") or {})}
    texts = [*(f"{key}={value}" for key, value in swept.items()), *overrides]
    parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
    by_key = {each.get_key_element(): each for each in parser.parse_overrides(texts)}
    discrete = (each for each in by_key.values() if each.is_discrete_sweep())
    return math.prod(sum(1 for _ in each.sweep_string_iterator()) for each in discrete)
