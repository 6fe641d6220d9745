"""Finished runs become rows of a board."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from bam.errors import Mistake, require
from bam.results.board.describe import describe, describe_blend
from bam.results.board.files import Stored
from bam.results.board.plan import BASELINES, PROTOCOLS, Protocol
from bam.results.board.record import Gain, Key, Result
from bam.results.compare import difference
from bam.results.configuration import experiment
from bam.results.keys import differences
from bam.results.runs import Run, runs
from bam.results.user_values import user_values

log = logging.getLogger(__name__)
BLENDS = "with"  # an option of `bam blend` alone
UNNAMED = (
    "%s: no row: it has no experiment=, another protocol than %s, or is a blend of no run here"
)


@dataclass(frozen=True)
class Found:
    """A finished run as a row of a board, and the run that was trained: of a blend its source."""

    result: Result
    run: Run
    trained: Run


def gather(folders: Iterable[Path]) -> Stored:
    """The finished runs at or below the folders, and the paired gains between them.

    Gains need both methods in these folders, for only runs have values of each user. A blend needs
    the run that it blends.

    Raises:
        Mistake: there is no run, those of a row differ in more than the seed, or users do not pair.
    """
    rows: dict[Key, dict[int, Found]] = defaultdict(dict)
    for found in _find(run for folder in folders for run in runs(folder)):
        row = rows[found.result.key]
        _require_same([*row.values(), found])
        row[found.run.seed] = found
    if not rows:
        raise Mistake("FOLDER must hold finished runs of experiments, got none")
    results = [found.result for row in rows.values() for found in row.values()]
    by_row = {key: [found.run for found in row.values()] for key, row in rows.items()}
    gains = [gain for key in by_row for over in BASELINES for gain in _gains(key, over, by_row)]
    return Stored(results, gains)


def _find(every: Iterable[Run]) -> Iterator[Found]:
    """The runs that have a row; a blend is found after all that it may blend."""
    trained: dict[str, Found] = {}
    for run in sorted(every, key=lambda run: BLENDS in run.overrides):
        if run.status != "finished":
            continue
        if members := _members(run, trained):
            yield Found(describe_blend(run, [one.result for one in members]), run, members[0].run)
        elif result := describe(run):
            trained[run.folder.name] = found = Found(result, run, run)
            yield found
        else:
            log.warning(UNNAMED, run.folder, " or ".join(one.name for one in PROTOCOLS))


def _members(run: Run, trained: Mapping[str, Found]) -> list[Found]:
    """The runs that a blend has blended, if all of them are there; with a memory it is one."""
    if BLENDS not in run.overrides:
        return []
    others = run.overrides[BLENDS].strip("[]").split(",")
    folders = [run.overrides.get("run", ""), *(one for one in others if "/" in one)]
    names = [Path(folder.strip()).name for folder in folders]
    return [trained[name] for name in names] if trained.keys() >= {*names} else []


def _require_same(row: list[Found]) -> None:
    """A row is one experiment with several seeds."""
    result, differing = row[-1].result, differences([experiment(one.trained) for one in row])
    rule = f"{result.method} on {result.data} must be one configuration; store others elsewhere"
    require(not differing, rule, ", ".join(differing))


def _gains(key: Key, over: str, rows: Mapping[Key, list[Run]]) -> Iterator[Gain]:
    """Of each metric of the protocol that both sides hold; each side is its mean over seeds."""
    other = key._replace(method=over)
    if key == other or other not in rows:
        return
    [protocol] = [one for one in PROTOCOLS if one.name == key.protocol]
    sides = [rows[key], rows[other]]
    data = {run.data for side in sides for run in side}
    require(len(data) == 1, f"{key.method} and {over} must have the same {key.data}", data)
    for metric in _held(protocol, [run for side in sides for run in side]):
        one, base = (torch.stack([user_values(r.folder, metric) for r in side]) for side in sides)
        gain = difference(one, base)
        yield Gain(*key, over, metric, gain.mean, gain.low, gain.high, gain.p, gain.users)


def _held(protocol: Protocol, some: list[Run]) -> list[str]:
    tests = [run.results["test"] for run in some]
    return [metric for metric in protocol.compared if all(metric in test for test in tests)]
