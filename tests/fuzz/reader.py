"""Real-looking files, and what reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bam.evaluation.facts import read_genres
from tests.contracts import checks, dataset


@dataclass(frozen=True)
class Reader:
    """Files by their names, and the function that reads them from the folder they are in."""

    files: dict[str, bytes]
    read: Callable[[Path], object]
    changed: tuple[str, ...] = ()  # those that are changed; empty: all


def keep_contract(data):
    """What is read is a data set like any other."""
    for check in checks(dataset):
        check(data)
    read_genres(data)
