"""Files that are whole or not there, whenever the program is stopped or the disk is full."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")  # safetensors and polars write the number
# what torch, numpy and SQLite write where a disk is full
CUT_OFF = re.compile(r"inline_container|requested and \d+ written|database or disk is full")


def partial(path: Path) -> Path:
    """Where a file is written first; moving it into its place is one step."""
    return path.with_name(f"{path.name}.partial")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; what was written there then replaces the file in one step.

    It is on the disk before that: else a loss of power could leave an empty file in the place.

    Raises:
        OSError: the disk refuses; nothing is left of what was written, and the file is as before.
    """
    with naming(path):
        partial(path).unlink(missing_ok=True)  # perhaps a link, in a folder of a stranger
        try:
            yield partial(path)
            with partial(path).open("r+b") as file:  # Windows wants one that can be written
                os.fsync(file.fileno())
            partial(path).replace(path)
        except BaseException:  # Ctrl-C too
            with suppress(OSError):
                partial(path).unlink(missing_ok=True)
            raise


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the path where the disk refuses: a failed write has none, and libraries hide the number.

    Raises:
        OSError: with its number and a path.
    """
    try:
        yield
    except Exception as error:
        number = _system_error(error)
        named = getattr(error, "filename", None)
        ours = named == str(partial(path)) and not partial(path).exists()
        if number is None or not (named is None or ours):
            raise
        raise OSError(number, os.strerror(number), str(path)) from error


def _system_error(error: Exception) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    text = f"{error} {error.__cause__}"
    if found := SYSTEM_ERROR.search(text):
        return int(found[1])
    return errno.ENOSPC if CUT_OFF.search(text) else None


def remove_lock(path: Path) -> None:
    """Delete the file of a lock whose work is done; Windows keeps one that a process has open."""
    with suppress(PermissionError):
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write the file whole or not at all, in UTF-8."""
    with replacing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
