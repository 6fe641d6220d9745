"""Finished runs become rows of a board."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile, zip_longest
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
from bam.run.files import WEIGHTS
from bam.run.identity import INITIAL_WEIGHTS
from bam.system.checksums import sha256

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

    @cached_property
    def weights(self) -> str:
        """The SHA-256 of the run's weights; empty where it has none."""
        file = self.run.folder / WEIGHTS
        return sha256(file) if file.is_file() else ""


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
    found: list[Found] = []
    waiting = []
    for run in every:
        if run.status != "finished":
            log.warning("%s: no row: it is %s", run.folder, run.status)
        elif BLENDS not in run.overrides and (result := describe(run)):
            found.append(Found(result, run, [run]))
        else:
            waiting.append(run)
    while blends := [(run, members) for run in waiting if (members := _members(run, found))]:
        for run, members in blends:
            blended = describe_blend(run, [one.result for one in members])
            found.append(Found(blended, run, [one for each in members for one in each.trained]))
        waiting = [run for run in waiting if run not in [one.run for one in found]]
    for run in waiting:
        log.warning(UNNAMED, run.folder, " or ".join(one.name for one in PROTOCOLS))
    yield from found


def _members(run: Run, found: Sequence[Found]) -> list[Found]:
    """The runs that a blend has blended, if all of them are there; with a memory it is one.

    A memory is blended with one run alone, so a blend that has a memory has no other runs.
    """
    if BLENDS not in run.overrides:
        return []
    others = [] if has_memory(run) else run.overrides[BLENDS].strip("[]").split(",")
    folders = [run.overrides.get("run", ""), *others]
    weights = str(run.config.get(INITIAL_WEIGHTS) or "").split("+")  # none if they learn nothing
    pairs = zip_longest(folders, weights, fillvalue="")
    members = [_at(Path(folder.strip()), checksum, found) for folder, checksum in pairs]
    return [one for one in members if one] if all(members) else []


def _at(folder: Path, checksum: str, trained: Sequence[Found]) -> Found | None:
    """The run of the folder with these weights, if any: of several the one whose path ends alike.

    The folder may have been moved with others. None where there is no such run, or where several
    have paths that end alike.
    """
    trained = [one for one in trained if not checksum or one.weights.startswith(checksum)]

    def alike(one: Found) -> int:
        pairs = zip(reversed(folder.parts), reversed(one.run.folder.absolute().parts), strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    most = max(map(alike, trained), default=0)
    found = [one for one in trained if alike(one) == most]
    return found[0] if (most or checksum) and len(found) == 1 else None


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
