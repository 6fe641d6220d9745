"""Make a folder once, whole or not at all, however many processes need it."""

import errno
import json
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock

from bam.errors import Mistake
from bam.system.checksums import SUMS, read_sums, record_folder, verify, verify_folder
from bam.system.files import naming, remove_lock
from bam.system.strict_json import json_text

log = logging.getLogger(__name__)
MANIFEST = "manifest.json"
# settings that older manifests lack, and what was true then
BEFORE: dict[str, Any] = {
    "taken_as_it_is": False,
    "split_files": False,
    "consecutive": "all",
    "cold_items": False,
}
# settings that older manifests lack: they are not compared
UNRECORDED = re.compile(r"catalogue|raw\.(names|each)|features\.[^.]+\.items")
Fill = Callable[[Path], dict[str, Any]]  # writes into an empty folder; returns facts about it


def make_once(folder: Path, settings: dict[str, Any], fill: Fill) -> None:
    """Let `fill` write the folder if it does not exist, else check that `settings` are its own.

    The folder's manifest holds the settings, and what `fill` returns. Every file has a checksum.

    Raises:
        Mistake: the folder was made with other settings, or is no folder of this kind.
        OSError: it cannot be written.
    """
    lock = folder.with_name(f".{folder.name}.lock")
    if not (folder / MANIFEST).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock):
            if not (folder / MANIFEST).exists():
                _make(folder, settings, fill)
    remove_lock(lock)  # whoever waits for it, or makes it again, finds the manifest
    shutil.rmtree(steps_of(folder), ignore_errors=True)
    _check(folder, settings)


def steps_of(folder: Path) -> Path:
    """Where `fill` may keep what is done, until the folder is whole: a kill does not delete it."""
    return folder.with_name(f".{folder.name}.steps")


def do_step(folder: Path, settings: dict[str, Any], fill: Fill) -> dict[str, Any]:
    """Let `fill` write the folder of a step, unless an earlier process did; the facts about it.

    A folder is used again only if each of its files is as it was written, there is no other, and
    the settings were the same.
    """
    if _is_whole(folder, settings):
        log.info("the step %s was done before", folder.name)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        make_once(folder, settings, fill)
    return read_manifest(folder)


def _is_whole(folder: Path, settings: dict[str, Any]) -> bool:
    try:
        verify_folder(folder, remedy="")
        manifest, sums = read_manifest(folder), read_sums(folder)
    except Mistake:
        return False
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    same_files = {path.relative_to(folder).as_posix() for path in paths} == {*sums, SUMS}
    return same_files and all(manifest.get(key) == value for key, value in settings.items())


def _make(folder: Path, settings: dict[str, Any], fill: Fill) -> None:
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a process that was killed
    unfinished.mkdir()
    try:
        with naming(folder):
            facts = fill(unfinished)
            text = json_text({**settings, **facts}, indent=2)
            (unfinished / MANIFEST).write_text(text + "\n", encoding="utf-8")
            record_folder(unfinished)
        _move(unfinished, folder)
    except Mistake:
        shutil.rmtree(steps_of(folder), ignore_errors=True)  # the same command ends as this one
        raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _move(unfinished: Path, folder: Path) -> None:
    try:
        unfinished.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        raise Mistake(
            f"{folder} must be new or a prepared data set, and holds other files; move it away"
        ) from None


def read_manifest(folder: Path) -> dict[str, Any]:
    """What is known of a folder that was made.

    Raises:
        Mistake: it has no manifest, or a damaged one.
    """
    path, remedy = folder / MANIFEST, "delete the folder to prepare it again"
    verify(path, remedy)
    try:
        manifest: Any = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise Mistake(f"{path}: damaged, for it is no JSON ({error}); {remedy}") from error
    if not isinstance(manifest, dict):
        raise Mistake(f"{path}: damaged, for it is no mapping; {remedy}")
    return manifest


def _check(folder: Path, settings: dict[str, Any]) -> None:
    manifest = read_manifest(folder)
    differences = ", ".join(_differences(settings, manifest, ""))
    if differences:
        raise Mistake(
            f"{folder} was prepared with {differences}; "
            "choose another dataset.name, or delete the folder to prepare it again"
        )


def _differences(settings: dict[str, Any], made: dict[str, Any], path: str) -> Iterator[str]:
    """What differs; of a mapping within the settings also what was there and is not now."""
    for key in {**made, **settings} if path else settings:
        value, found = settings.get(key), made.get(key, BEFORE.get(key))
        if UNRECORDED.fullmatch(f"{path}{key}") and found is None:
            continue
        if isinstance(value, dict):
            yield from _differences(value, found or {}, f"{path}{key}.")
        elif isinstance(found, dict):
            yield f"{path}{key}, which is not given"
        elif found != value:
            yield f"{path}{key} {found}, not {value}"
