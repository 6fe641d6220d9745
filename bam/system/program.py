"""How a program ends: what its user can mend with one sentence, anything else with a traceback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from bam.errors import Mistake
from bam.system.failure import explain


@contextmanager
def one_sentence() -> Iterator[None]:
    """The outermost context of a program: what its user can mend ends it with one sentence."""
    try:
        print_every_letter()
        yield
        sys.stdout.flush()
    except Exception as error:
        end(error)


def print_every_letter() -> None:
    """Print `\\xfc` for a letter that the console's encoding does not have.

    Raises:
        Mistake: a path cannot be opened by every library, as Python's encoding is not UTF-8.
    """
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8" and not all(map(str.isascii, [*sys.argv, str(Path.cwd())])):
        raise Mistake(f"paths must be ASCII where Python reads {encoding}; set PYTHONUTF8=1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def end(error: Exception) -> NoReturn:
    """End the program with one sentence, if its user can mend the error; else raise it again.

    A program that reads our output and ends early, such as `head`, ends ours in silence.
    """
    if isinstance(error, BrokenPipeError) and error.filename is None:
        with Path(os.devnull).open("wb") as nowhere:  # for what is still in the buffer
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        sys.exit(1)
    mistake = explain(error)
    if mistake is None:
        raise error
    sys.exit(f"error: {' '.join(str(mistake).split())}")
