"""Kill programs at random moments, repeat the same command, and compare with an unbroken run.

python -m tests.crash --kills 50 --seed 1. Which programs, at which event and how long after it
follows from the seed; where exactly a program then is, depends on the machine.
"""

import random
import sys
import tempfile
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from tests.crash.case import Reference, Verdict, break_once
from tests.crash.kinds import KINDS, Kind


def main() -> int:
    add = (parser := ArgumentParser(description=__doc__)).add_argument
    add("--kills", type=int, default=50)
    add("--seed", type=int, default=1)
    add("--jobs", type=int, default=2, help="programs at a time, of one thread each")
    add("--kind", default="", help="only this one")
    given = parser.parse_args()
    kinds = [kind for kind in KINDS if given.kind in ("", kind.name)]
    folder = Path(tempfile.mkdtemp(prefix="bam-crash-"))
    Console().print(f"seed {given.seed}, {given.kills} kills, in {folder}")
    with ThreadPoolExecutor(given.jobs) as pool:
        unbroken = dict(zip(kinds, pool.map(lambda k: Reference.of(k, folder), kinds), strict=True))
        plan = list(enumerate(deal(kinds, given.kills)))
        random.Random(given.seed).shuffle(plan)

        def kill(numbered: tuple[int, Kind]) -> Verdict:
            number, kind = numbered
            chance = random.Random(f"{given.seed}-{number}")
            return break_once(unbroken[kind], folder / f"{kind.name}-{number}", chance)

        verdicts = list(tqdm(pool.map(kill, plan), total=len(plan), unit="kill"))
    Console().print(summary(kinds, verdicts))
    wrong = [verdict for verdict in verdicts if verdict.problem]
    for verdict in wrong:
        Console().print(f"{verdict.folder}: {verdict.problem}", soft_wrap=True, markup=False)
    return 1 if wrong else 0


def deal(kinds: list[Kind], kills: int) -> list[Kind]:
    """Each kind by its share, at least once."""
    whole = sum(kind.share for kind in kinds)
    return [kind for kind in kinds for _ in range(max(1, round(kind.share / whole * kills)))]


def summary(kinds: list[Kind], verdicts: list[Verdict]) -> Table:
    """A row for each kind, and one for all."""
    found = Table("kind", "kills", "bit-equal", "without litter")
    for kind in [*kinds, None]:
        ones = [verdict for verdict in verdicts if kind in (None, verdict.kind)]
        counts = [len(ones), sum(one.equal for one in ones), sum(one.clean for one in ones)]
        found.add_row(kind.name if kind else "all", *map(str, counts))
    return found


if __name__ == "__main__":
    sys.exit(main())
