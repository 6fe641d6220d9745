"""Finished runs become rows of a board."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch

from bam.errors import Mistake, require
from bam.results.board.describe import describe
from bam.results.board.files import Stored
from bam.results.board.plan import BASELINES, PROTOCOLS, Protocol
from bam.results.board.record import Gain, Key, Result
from bam.results.compare import difference
from bam.results.configuration import experiment
from bam.results.keys import differences
from bam.results.runs import Run, runs
from bam.results.user_values import user_values

log = logging.getLogger(__name__)
UNNAMED = "%s: no row, as it has no experiment= or another protocol than %s"


def gather(folders: Iterable[Path]) -> Stored:
    """The finished runs at or below the folders, and the paired gains between them.

    Gains need both methods in these folders, for only runs have values of each user.

    Raises:
        Mistake: there is no run, those of a row differ in more than the seed, or users do not pair.
    """
    rows: dict[Key, dict[int, Run]] = defaultdict(dict)
    results: dict[tuple[Key, int], Result] = {}
    for run in (run for folder in folders for run in runs(folder) if run.status == "finished"):
        result = describe(run)
        if result is None:
            log.warning(UNNAMED, run.folder, " or ".join(one.name for one in PROTOCOLS))
            continue
        _require_same(result, run, rows[result.key].values())
        rows[result.key][run.seed] = run
        results[result.key, run.seed] = result
    if not results:
        raise Mistake("FOLDER must hold finished runs of experiments, got none")
    by_row = {key: list(by_seed.values()) for key, by_seed in rows.items()}
    gains = [gain for key in by_row for over in BASELINES for gain in _gains(key, over, by_row)]
    return Stored(list(results.values()), gains)


def _require_same(result: Result, run: Run, others: Iterable[Run]) -> None:
    """A row is one experiment with several seeds."""
    differing = differences([experiment(one) for one in (*others, run)])
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
