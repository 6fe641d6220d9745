"""Libraries that not everyone needs come with an extra."""

from collections.abc import Iterator
from contextlib import contextmanager

from bam.mistake import Mistake


@contextmanager
def extra(name: str) -> Iterator[None]:
    """What is imported inside comes with `pip install 'bam[name]'`.

    Raises:
        Mistake: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise Mistake(f"{error.name} is not installed; pip install 'bam[{name}]'") from error
