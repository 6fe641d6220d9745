"""Make a folder once, whole or not at all, however many processes need it."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock

from bam.errors import Mistake

MANIFEST = "manifest.json"
Fill = Callable[[Path], dict[str, Any]]  # writes into an empty folder; returns facts about it


def make_once(folder: Path, settings: dict[str, Any], fill: Fill) -> None:
    """Let `fill` write the folder if it does not exist, else check that `settings` are its own.

    The folder's manifest holds the settings, and what `fill` returns.

    Raises:
        Mistake: the folder was made with other settings, or is no folder of this kind.
    """
    if not (folder / MANIFEST).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if not (folder / MANIFEST).exists():
                _make(folder, settings, fill)
    _check(folder, settings)


def _make(folder: Path, settings: dict[str, Any], fill: Fill) -> None:
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a process that was killed
    unfinished.mkdir()
    try:
        facts = fill(unfinished)
        text = json.dumps({**settings, **facts}, indent=2, ensure_ascii=False)
        (unfinished / MANIFEST).write_text(text + "\n")
        _move(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _move(unfinished: Path, folder: Path) -> None:
    try:
        unfinished.rename(folder)
    except OSError:
        raise Mistake(
            f"{folder} must be new or a prepared data set, and holds other files; move it away"
        ) from None


def _check(folder: Path, settings: dict[str, Any]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    differences = ", ".join(_differences(settings, manifest, ""))
    if differences:
        raise Mistake(
            f"{folder} was prepared with {differences}; "
            "choose another dataset.name, or delete the folder to prepare it again"
        )


def _differences(settings: dict[str, Any], made: dict[str, Any], path: str) -> Iterator[str]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _differences(value, made.get(key, {}), f"{path}{key}.")
        elif made.get(key) != value:
            yield f"{path}{key} {made.get(key)}, not {value}"
