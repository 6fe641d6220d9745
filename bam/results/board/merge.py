"""What is stored again takes the place of what was stored before."""

import logging
import statistics
from collections import defaultdict
from collections.abc import Mapping

from bam.errors import require
from bam.results.board.files import Stored
from bam.results.board.record import Baseline, Gain, Key, Result

log = logging.getLogger(__name__)
ROUNDING = 5e-6  # of the numbers in the files
Means = Mapping[tuple[Key, str], float]  # of a row and a metric


def merge(stored: Stored, new: Stored) -> Stored:
    """All rows of both. Of a row that is in both, what is new alone is kept.

    A gain of runs that are no more is left out with a warning. It belongs to a method, or is over
    a method, that has other runs now; so, too, where a writing was killed between two files.

    Raises:
        Mistake: two methods have other data of one name.
    """
    keys = {one.key for one in new.results}
    results = [one for one in stored.results if one.key not in keys] + new.results
    known: dict[tuple[str, str], Result] = {}
    for one in results:
        if one.checksum:
            require_same_data(one, known.setdefault((one.data, one.protocol), one))
    baselines = [one for one in stored.baselines if one.key not in keys] + new.baselines
    means = means_of(results)
    gains = [one for one in stored.gains if one.key not in keys] + new.gains
    kept = [gain for gain in gains if holds(gain, means)]
    compared = {compares(gain) for gain in kept}
    left = [gain for gain in [*stored.gains, *gains] if compares(gain) not in compared]
    for key, over in dict.fromkeys((gain.key, gain.over) for gain in left):
        log.warning(
            "%s on %s (%s): its gain over %s is of earlier runs; store the runs of both together",
            *key,
            over,
        )
    return Stored(results, kept, baselines)


def compares(gain: Gain) -> tuple[Key, str, str]:
    """The row, what it is compared with, and the metric."""
    return gain.key, gain.over, gain.metric


def require_same_data(one: Result | Baseline, other: Result | Baseline) -> None:
    """Refuse to show two methods side by side that were tested on other data of one name."""
    same = f"{one.method} and {other.method} must have the same {one.data}"
    rule = f"{same}; store runs of both together"
    require(one.checksum == other.checksum, rule, {one.checksum, other.checksum})


def means_of(results: list[Result]) -> Means:
    """The mean over seeds of each metric of each row."""
    values: dict[tuple[Key, str], list[float]] = defaultdict(list)
    for one in results:
        for metric, value in one.metrics.items():
            values[one.key, metric].append(value)
    return {place: statistics.fmean(some) for place, some in values.items()}


def holds(gain: Gain, means: Means) -> bool:
    """Whether the gain is the difference of the means of the stored runs."""
    one = means.get((gain.key, gain.metric))
    other = means.get((gain.key._replace(method=gain.over), gain.metric))
    return one is not None and other is not None and abs(one - other - gain.mean) < ROUNDING
