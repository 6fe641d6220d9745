"""Make a folder once, whole or not at all, however many processes ask for it."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock

from bam.errors import Mistake

MANIFEST = "manifest.json"


def once(
    folder: Path, asked: dict[str, Any], build: Callable[[Path], dict[str, Any]]
) -> dict[str, Any]:
    """Let `build` fill the folder if it is not there; the manifest of what is there.

    `build` returns what the manifest tells beside `asked`. A folder made otherwise is a Mistake.
    """
    if not (folder / MANIFEST).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if not (folder / MANIFEST).exists():
                _build(folder, asked, build)
    made: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    _check(folder, asked, made)
    return made


def _build(folder: Path, asked: dict[str, Any], build: Callable[[Path], dict[str, Any]]) -> None:
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # of a process that was killed
    unfinished.mkdir()
    try:
        told = build(unfinished)
        text = json.dumps({**asked, **told}, indent=2, ensure_ascii=False)
        (unfinished / MANIFEST).write_text(text + "\n")
        _put(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _put(unfinished: Path, folder: Path) -> None:
    try:
        unfinished.rename(folder)
    except OSError:
        raise Mistake(f"{folder} must be new or a prepared data set; move it away") from None


def _check(folder: Path, asked: dict[str, Any], made: dict[str, Any]) -> None:
    differing = ", ".join(_differing(asked, made, ""))
    if differing:
        raise Mistake(
            f"{folder} was prepared with {differing}; "
            "choose another dataset.name, or delete the folder to prepare it again"
        )


def _differing(asked: dict[str, Any], made: dict[str, Any], at: str) -> Iterator[str]:
    for key, value in asked.items():
        if isinstance(value, dict):
            yield from _differing(value, made.get(key, {}), f"{at}{key}.")
        elif made.get(key) != value:
            yield f"{at}{key} {made.get(key)}, not {value}"
