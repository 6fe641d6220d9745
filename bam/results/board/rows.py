"""The rows of a board: every method on every data set under every protocol, run or not."""

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bam.results.board.files import Stored
from bam.results.board.holm import holm
from bam.results.board.plan import BASELINES, DATASETS, PROTOCOLS, SEEDS, Method, Protocol
from bam.results.board.record import Gain, Key, Result

ALPHA = 0.05


@dataclass(frozen=True)
class Corrected:
    """A gain, and its p after Holm's correction for all methods of a page."""

    gain: Gain
    p: float
    tests: int  # for how many it is corrected

    @property
    def verdict(self) -> str:
        if self.p >= ALPHA:
            return "no clear difference"
        return "better" if self.gain.mean > 0 else "worse"


@dataclass(frozen=True)
class Row:
    """A method on a data set under a protocol."""

    method: Method
    data: str
    protocol: Protocol
    runs: list[Result]  # one a seed; none of what is not run
    gains: dict[tuple[str, str], Corrected]  # by the method that it is above, and the metric

    def values(self, metric: str) -> list[float]:
        """That of each seed."""
        return [run.metrics[metric] for run in self.runs if metric in run.metrics]

    def mean(self, metric: str) -> float | None:
        """That over seeds; None where nothing is run."""
        values = self.values(metric)
        return statistics.fmean(values) if values else None

    @property
    def steps(self) -> int:
        """Their mean over seeds; 0 where nothing is run."""
        return round(statistics.fmean(run.steps for run in self.runs)) if self.runs else 0

    @property
    def minutes(self) -> float | None:
        """Those of a training of its mean steps, at the pace of the quickest one.

        The others may have shared their machine with other work.
        """
        if not self.runs:
            return None
        if not self.pace:
            return self.quickest.minutes
        return self.pace * statistics.fmean(run.steps for run in self.runs)

    @property
    def quickest(self) -> Result:
        """The run with the fewest minutes of a step: a row has its machine and its date."""
        trained = [run for run in self.runs if run.steps] or self.runs
        return min(trained, key=lambda run: run.minutes / (run.steps or 1))

    @property
    def pace(self) -> float:
        """Minutes of a step in the quickest training; 0 where nothing is trained."""
        steps = self.quickest.steps if self.runs else 0
        return self.quickest.minutes / steps if steps else 0.0

    @property
    def command(self) -> str:
        """What trains all of its seeds."""
        if not self.runs:
            return command_of(self.method, self.data, self.protocol)
        first, seeds = self.runs[0].command, ",".join(str(run.seed) for run in self.runs)
        if len(self.runs) == 1:
            return first
        return re.sub(
            r" seed=\d+", f" seed={seeds}", first.replace("bam train ", "bam train -m ", 1)
        )


def command_of(method: Method, data: str, protocol: Protocol) -> str:
    """What trains a row that is not run."""
    tested = "" if protocol.name == "clean" else f" evaluation={protocol.name}"
    options = f"experiment={method.name} dataset={data}{tested} seed={SEEDS} threads=1"
    return f"bam train -m {options}"


def rows_of(stored: Stored, methods: Sequence[Method]) -> list[Row]:
    """Those of the methods, and of all that is stored besides, best first on each page."""
    runs: dict[Key, list[Result]] = defaultdict(list)
    for result in stored.results:
        runs[result.key].append(result)
    known = {method.name: method.title for method in methods}
    others = dict.fromkeys(key.method for key in runs if key.method not in known)
    every = [*methods, *(_other(name, known) for name in others)]
    data = dict.fromkeys([*DATASETS, *(key.data for key in runs)])
    found = []
    for name, protocol in ((name, protocol) for name in data for protocol in PROTOCOLS):
        gains = _corrected(
            [one for one in stored.gains if (one.data, one.protocol) == (name, protocol.name)]
        )
        page = [
            Row(method, name, protocol, runs.get(key, []), gains.get(method.name, {}))
            for method in every
            if (key := Key(method.name, name, protocol.name)) in runs or name in method.data
        ]
        found += sorted(page, key=_worse)
    return found


def _other(name: str, titles: Mapping[str, str]) -> Method:
    """What is stored beside the methods, such as `remi selection=p`: REMI selection=p."""
    first, space, rest = name.partition(" ")
    return Method(name, titles.get(first, first) + space + rest, False, (), {})


def _worse(row: Row) -> tuple[bool, float]:
    """What is not run comes last."""
    mean = row.mean(row.protocol.ranks)
    return mean is None, -(mean or 0.0)


def _corrected(gains: Iterable[Gain]) -> dict[str, dict[tuple[str, str], Corrected]]:
    """The gains of a page by method. Each baseline and metric is a family of tests of its own."""
    families: dict[tuple[str, str], list[Gain]] = defaultdict(list)
    for gain in gains:
        if gain.over in BASELINES:
            families[gain.over, gain.metric].append(gain)
    found: dict[str, dict[tuple[str, str], Corrected]] = defaultdict(dict)
    for place, family in families.items():
        for gain, p in zip(family, holm([one.p for one in family]), strict=True):
            found[gain.method][place] = Corrected(gain, p, len(family))
    return found
