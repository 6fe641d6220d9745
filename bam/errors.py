"""What a user did wrong, in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager


class Mistake(ValueError):
    """A wrong option, value or file: shown without a traceback, `name must be rule, got value`."""


def require(holds: bool, rule: str, got: object) -> None:
    """Raise the Mistake `rule, got value` unless the rule holds."""
    if not holds:
        raise Mistake(f"{rule}, got {got!r}")


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
