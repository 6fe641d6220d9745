"""A new folder in place of an old one, in one step."""

import ctypes
import errno
import os
import shutil
import sys
from pathlib import Path

HERE = -100  # AT_FDCWD: a relative path begins at the working folder
EXCHANGE = 2  # RENAME_EXCHANGE
UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)  # by this system, or on this disk


def exchange(one: Path, other: Path) -> None:
    """Give each of two folders the other's name: at every moment both names lead to a folder.

    Where the system cannot, there is a moment between two renamings without a folder `other`.

    Raises:
        OSError: the disk refuses.
    """
    if not _exchange_at_once(one, other):
        aside = one.with_name(f"{one.name}.old")
        shutil.rmtree(aside, ignore_errors=True)  # of a kill between two renamings
        other.rename(aside)
        try:
            one.rename(other)
        except OSError:
            aside.rename(other)
            raise
        aside.rename(one)


def _exchange_at_once(one: Path, other: Path) -> bool:
    """Whether the system could exchange the names in one step (renameat2 of Linux)."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), str(other))
