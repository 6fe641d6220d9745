"""Files that are whole or not there, whenever the program is stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def partial(path: Path) -> Path:
    """Where a file is written first; moving it into its place is one step."""
    return path.with_suffix(".partial")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; what was written there then replaces the file in one step."""
    partial(path).unlink(missing_ok=True)  # perhaps a link, in a folder of a stranger
    yield partial(path)
    partial(path).replace(path)


def write_text(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    with replacing(path) as unfinished:
        unfinished.write_text(text)
