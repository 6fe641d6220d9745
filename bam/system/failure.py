"""What the machine refuses, as one sentence for its user: a path of the disk, or memory."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bam.errors import Mistake

ANOTHER = "or choose another folder (name=, hydra.run.dir=, hydra.sweep.dir=, data_dir= or --to)"
# by the number of the system's error: what is wrong with the path, and what to do
REASONS = {
    errno.ENOSPC: "the disk is full; make room, and give the same command again",
    errno.EDQUOT: "the disk quota is used up; make room, and give the same command again",
    errno.EROFS: f"the disk is read-only; make it writable, {ANOTHER}",
    errno.EACCES: f"permission denied; give this user the right to it, {ANOTHER}",
    errno.EPERM: f"permission denied; give this user the right to it, {ANOTHER}",
    errno.EISDIR: f"must be a file, and is a folder; give a file; or move it away, {ANOTHER}",
    errno.ENOTEMPTY: "must be new, and holds other files; move it away",
    errno.ENOENT: "there is no such file or folder; correct the path",
    errno.ENAMETOOLONG: "the name is too long; give a shorter one",
    errno.ELOOP: "is a link that leads to itself; correct the link",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
    errno.EFBIG: "the file is larger than allowed here; raise the limit (ulimit -f)",
    errno.EIO: "the disk cannot be read or written; check the disk",
}
# how torch's allocators refuse; that of a GPU has a class
NO_MEMORY = re.compile(
    r"can't allocate memory|not enough memory|Storage size calculation overflowed|"
    r"multiplication overflow|array is too big|Maximum allowed dimension exceeded|"
    r"too large to convert to C|cannot fit 'int'"
)
LOWER = "batch_size, num_negatives, history_length or dim"


class LostProcess(Mistake):
    """Another process of torchrun has ended, or does not answer."""


def explain(error: BaseException) -> Mistake | None:
    """The sentence for what a user can mend; None for an error of the program itself."""
    if isinstance(error, Mistake):
        return error
    if loses_process(error):
        return LostProcess(
            "another process of torchrun has ended, or did not answer within `timeout` seconds "
            f"({one_line(error)}); the state that was saved last is kept, and the same command "
            "goes on from there"
        )
    if lacks_memory(error):
        return Mistake(f"memory is not enough ({one_line(error)}); lower {LOWER}")
    if isinstance(error, OSError):
        return Mistake(_sentence(error))
    return None


def lacks_memory(error: BaseException) -> bool:
    """Whether more memory was wanted than there is."""
    kinds = {kind.__name__ for kind in type(error).__mro__}  # without an import of torch
    if kinds & {"MemoryError", "OutOfMemoryError"}:
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    known = isinstance(error, RuntimeError | ValueError | OverflowError)
    return known and NO_MEMORY.search(str(error)) is not None


def loses_process(error: BaseException) -> bool:
    """Whether a process was waited for in vain; gloo raises a plain error, with its own path."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return "DistError" in kinds or (isinstance(error, RuntimeError) and "gloo" in str(error))


@contextmanager
def lowered_by(*options: str) -> Iterator[None]:
    """Name the options that lower the memory which is needed here.

    Raises:
        Mistake: the memory is not enough.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, Mistake) or not lacks_memory(error):
            raise
        names = " or ".join(options)
        raise Mistake(
            f"{names} must be smaller: memory is not enough ({one_line(error)})"
        ) from error


def _sentence(error: OSError) -> str:
    path = _text(error.filename2) or _text(error.filename)  # of a move: where it leads
    if not path:
        return one_line(error)
    number = error.errno or 0
    if number in (errno.ENOTDIR, errno.EEXIST):
        place = _file_in_the_way(Path(path))
        return f"{place}: must be a folder, and is a file; move it away, {ANOTHER}"
    if number == errno.ENAMETOOLONG:
        path = f"{path[:100]}..."
    return f"{path}: {REASONS.get(number, error.strerror or one_line(error))}"


def _file_in_the_way(path: Path) -> Path:
    """The first part of the path that is there, and no folder."""
    parts = [*reversed(path.parents), path]
    return next((part for part in parts if part.exists() and not part.is_dir()), path)


def _text(name: str | bytes | int | None) -> str:
    return os.fsdecode(name) if isinstance(name, str | bytes) else ""


def one_line(error: BaseException) -> str:
    """The error's text, as one short line."""
    return " ".join((str(error) or type(error).__name__).split())[:200]
