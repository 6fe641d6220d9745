"""Finished runs become rows of a board."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import torch

from bam.errors import Mistake, require
from bam.results.board.describe import describe, describe_blend, has_memory
from bam.results.board.files import Stored
from bam.results.board.merge import require_same_data
from bam.results.board.plan import BASELINES, PROTOCOLS
from bam.results.board.record import Baseline, Gain, Key, Result
from bam.results.compare import difference
from bam.results.configuration import experiment
from bam.results.keys import differences
from bam.results.runs import Run, runs
from bam.results.user_values import user_values

log = logging.getLogger(__name__)
BLENDS = "with"  # an option of `bam blend` alone
UNNAMED = (
    "%s: no row: it has no experiment=, another protocol than %s or a split of its own, "
    "or is a blend of no run here"
)


@dataclass(frozen=True)
class Found:
    """A finished run as a row of a board, and what was trained: the run, or those of a blend."""

    result: Result
    run: Run
    trained: list[Run]

    @property
    def seeds(self) -> list[int]:
        """Of what was trained."""
        return [run.seed for run in self.trained]


def gather(folders: Iterable[Path], stored: Sequence[Baseline] = ()) -> Stored:
    """The finished runs at or below the folders, and their paired gains over the baselines.

    A baseline without runs in these folders is as the board has stored it. A blend needs the run
    that it blends.

    Raises:
        Mistake: there is no run, those of a row differ in more than the seed, or users do not pair.
    """
    rows: dict[Key, dict[int, Found]] = defaultdict(dict)
    every = {run.folder.resolve(): run for folder in folders for run in runs(folder)}  # once each
    for found in _find(every.values()):
        row = rows[found.result.key]
        _require_same([*row.values(), found])
        _require_one_a_seed(row.get(found.run.seed, found), found)
        row[found.run.seed] = found
    if not rows:
        raise Mistake("FOLDER must hold finished runs of experiments, got none")
    results = [found.result for row in rows.values() for found in row.values()]
    by_row = {key: [found.run for found in row.values()] for key, row in rows.items()}
    baselines = [
        one for key, some in by_row.items() if key.method in BASELINES for one in _users(key, some)
    ]
    known = [*baselines, *(one for one in stored if one.key not in by_row)]
    gains = [gain for key, some in by_row.items() for gain in _gains(key, some, known)]
    return Stored(results, gains, baselines)


def _find(every: Iterable[Run]) -> Iterator[Found]:
    """The runs that have a row; a blend is found after all that it may blend."""
    trained: list[Found] = []
    for run in sorted(every, key=lambda run: BLENDS in run.overrides):
        if run.status != "finished":
            continue
        if members := _members(run, trained):
            blended = describe_blend(run, [one.result for one in members])
            yield Found(blended, run, [one.run for one in members])
        elif result := describe(run):
            trained.append(Found(result, run, [run]))
            yield trained[-1]
        else:
            log.warning(UNNAMED, run.folder, " or ".join(one.name for one in PROTOCOLS))


def _members(run: Run, trained: Sequence[Found]) -> list[Found]:
    """The runs that a blend has blended, if all of them are there; with a memory it is one.

    A memory is blended with one run alone, so a blend that has a memory has no other runs.
    """
    if BLENDS not in run.overrides:
        return []
    others = [] if has_memory(run) else run.overrides[BLENDS].strip("[]").split(",")
    folders = [run.overrides.get("run", ""), *others]
    found = [_at(Path(folder.strip()), trained) for folder in folders]
    members = [one for one in found if one is not None]
    return members if len(members) == len(found) else []


def _at(folder: Path, trained: Sequence[Found]) -> Found | None:
    """The run of this folder, which may have been moved with others: its path ends most alike.

    None where there is no such run, or several whose paths end alike.
    """

    def alike(one: Found) -> int:
        pairs = zip(reversed(folder.parts), reversed(one.run.folder.absolute().parts), strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    most = max(map(alike, trained), default=0)
    found = [one for one in trained if alike(one) == most]
    return found[0] if most and len(found) == 1 else None


def _require_same(row: list[Found]) -> None:
    """A row is one experiment with several seeds, or one blend of such."""
    result = row[-1].result
    rule = f"{result.method} on {result.data} must be one configuration; store others elsewhere"
    for alike in zip(*(one.trained for one in row), strict=True):
        differing = differences([experiment(run) for run in alike])
        require(not differing, rule, ", ".join(differing))


def _require_one_a_seed(earlier: Found, found: Found) -> None:
    """A run that was made twice is one; two blends of a run with other runs are two."""
    result = found.result
    rule = f"{result.method} on {result.data} must be one blend of the run with seed {result.seed}"
    require(earlier.seeds == found.seeds, f"{rule}; store others elsewhere", found.run.folder)


def _gains(key: Key, some: list[Run], known: Sequence[Baseline]) -> Iterator[Gain]:
    """Of each metric of the protocol that both sides hold; each side is its mean over seeds."""
    beside = [
        one
        for one in known
        if one.method != key.method and (one.data, one.protocol) == (key.data, key.protocol)
    ]
    for one in _users(key, some) if beside else ():
        for base in [each for each in beside if each.metric == one.metric]:
            require_same_data(one, base)
            gain = difference(one.values[None], base.values[None])
            numbers = gain.mean, gain.low, gain.high, gain.p
            yield Gain(*key, base.method, base.metric, *numbers, users=gain.users)


def _users(key: Key, some: list[Run]) -> Iterator[Baseline]:
    """Each metric of the protocol that all of the runs hold."""
    [protocol] = [one for one in PROTOCOLS if one.name == key.protocol]
    data = {run.data for run in some}
    require(len(data) == 1, f"all runs of {key.method} must have the same {key.data}", data)
    for metric in protocol.compared:
        if all(metric in run.results["test"] for run in some):
            values = torch.stack([user_values(run.folder, metric) for run in some]).mean(0)
            yield Baseline(*key, metric, some[0].data, values)
