"""Remove what runs have left without results: failed and interrupted ones, halves of files."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from bam.run.files import CONFIG, LOCK
from bam.run.listing import is_run, read_run
from bam.system.files import partial

WITHOUT_RESULTS = ("failed", "interrupted")
HALF = partial(Path("*")).name


@dataclass(frozen=True)
class Leftover:
    """A run's folder or a file that can go, and why."""

    path: Path
    reason: str


def find_leftovers(folder: Path) -> Iterator[Leftover]:
    """What can go at or below a folder; links are not followed, and finished runs stay."""
    for path, below, files in os.walk(folder):
        below.sort()
        place = Path(path)
        if not is_run(place, files) or (CONFIG not in files and below):
            continue  # a lock beside folders alone may be that of another program
        run = read_run(place)
        if run.state in WITHOUT_RESULTS and not _holds_runs(place):
            yield Leftover(place, f"{run.state} {run.note}".strip())
            below.clear()
        elif run.state == "finished":
            yield from (Leftover(half, "half written") for half in sorted(place.glob(HALF)))


def remove_leftover(leftover: Leftover) -> bool:
    """Remove it, unless a process works there now or it has results by now; whether it went."""
    if not leftover.path.is_dir():
        leftover.path.unlink(missing_ok=True)
        return True
    try:
        with FileLock(leftover.path / LOCK, timeout=0):
            if read_run(leftover.path).state in ("finished", "damaged"):
                return False
            shutil.rmtree(leftover.path)
        return True
    except Timeout:
        return False


def _holds_runs(folder: Path) -> bool:
    """Whether other runs lie below a run's folder: they are not its files."""
    below = (entry for entry in os.walk(folder) if Path(entry[0]) != folder)
    return any(is_run(Path(path), files) for path, _, files in below)
