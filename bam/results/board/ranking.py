"""Mean ranks of methods over the data sets on which all of them are run."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bam.results.board.plan import Protocol
from bam.results.board.rows import Row
from bam.results.report.figure.critical_difference import FEWEST, Comparison, compare_ranks


@dataclass(frozen=True)
class Ranking:
    """Of one protocol: every method here has a rank on every data set here."""

    protocol: Protocol
    data: list[str]
    found: Comparison  # of methods, by their titles

    @property
    def is_drawn(self) -> bool:
        """Whether there are enough data sets for a critical difference."""
        return len(self.data) >= FEWEST


def ranking(rows: Sequence[Row], protocol: Protocol) -> Ranking | None:
    """None where fewer than two methods have a data set in common.

    Methods and data sets are chosen so that the table has no hole and as many cells as it can have,
    if the data sets are taken in the order of how many methods they have.
    """
    held: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        value = row.mean(protocol.ranks)
        if row.protocol == protocol and value is not None:
            held[row.data][row.method.title] = value
    fullest = sorted(held, key=lambda data: -len(held[data]))
    tables = [fullest[: count + 1] for count in range(len(fullest))]
    if not tables:
        return None
    best = max(tables, key=lambda data: len(data) * len(_common(data, held)))
    names = _common(best, held)
    if len(names) < 2:
        return None
    cost = -np.array([[held[data][name] for name in names] for data in best])
    return Ranking(protocol, best, compare_ranks(names, cost))


def _common(data: Sequence[str], held: dict[str, dict[str, float]]) -> list[str]:
    """The methods that all of the data sets have."""
    return [name for name in held[data[0]] if all(name in held[one] for one in data)]
