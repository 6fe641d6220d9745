"""What a user did wrong, in one sentence."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NewType

MaybeInfinite = NewType("MaybeInfinite", float)  # an option that may be infinite: others may not
DISTRIBUTION = "bam-rec"  # what pip installs; the package is bam


class Mistake(ValueError):
    """A wrong option, value or file: shown without a traceback, `name must be rule, got value`.

    Lines become one, for a library's message in the sentence may have several.
    """

    def __init__(self, sentence: str):
        super().__init__(" ".join(line.strip() for line in sentence.splitlines() if line.strip()))


def require(holds: bool, rule: str, got: object) -> None:
    """Raise the Mistake `rule, got value` unless the rule holds."""
    if not holds:
        raise Mistake(f"{rule}, got {got!r}")


@contextmanager
def renamed(pattern: str, name: str | Callable[[re.Match[str]], str]) -> Iterator[None]:
    """Name an option in a mistake as this command has it: what the pattern matches is replaced."""
    try:
        yield
    except Mistake as mistake:
        raise Mistake(re.sub(pattern, name, str(mistake))) from mistake


def install(extra: str) -> str:
    """What to type for the libraries of an extra."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import a library that comes with an extra: `LIBRARY is not installed; pip install ...`.

    Raises:
        Mistake: it is not installed, or something that it needs is not.
    """
    try:
        yield
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name
        what = f"{error.name} is not installed" if missing else f"a library fails: {error}"
        raise Mistake(f"{what}; {install(name)}") from error
