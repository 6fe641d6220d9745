"""What a user did wrong, in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

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


def install(extra: str) -> str:
    """What to type for the libraries of an extra."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import a library that comes with `pip install 'bam[name]'`.

    Raises:
        Mistake: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise Mistake(f"{error.name} is not installed; pip install 'bam[{name}]'") from error
