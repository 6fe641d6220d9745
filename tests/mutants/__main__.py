"""Change the code in one place at a time, and report the changes that no test notices.

python -m tests.mutants --number 200 --seed 0 [AREA ...]
"""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

import yaml

from tests.mutants.areas import AREAS
from tests.mutants.changes import Mutant, mutants
from tests.mutants.judge import ROOT, judge

WANTED = 0.9
EQUIVALENT = yaml.safe_load(Path(__file__).with_name("equivalent.yaml").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("areas", nargs="*", metavar="AREA", help=", ".join(AREAS))
    parser.add_argument("--number", type=int, default=0, help="size of the sample; 0: all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time")
    options = parser.parse_args()
    areas, begin = options.areas or list(AREAS), time.monotonic()
    made = [(area, mutant) for area in areas for mutant in of_area(area)]
    if options.number:
        made = random.Random(options.seed).sample(made, min(options.number, len(made)))
    require_success(areas, options.jobs)
    noticed, total = Counter(), Counter()
    tasks = [(mutant, AREAS[area][1]) for area, mutant in made]
    for (area, mutant), is_noticed in zip(made, judge(tasks, options.jobs), strict=True):
        total[area] += 1
        noticed[area] += is_noticed
        if not is_noticed:
            print(f"{area}: nothing notices {mutant}", flush=True)
    report(noticed, total, (time.monotonic() - begin) / 60)


def of_area(area: str) -> list[Mutant]:
    """The mutants of its files, but for those that are known to change nothing."""
    files = [file for path in AREAS[area][0] for file in sorted(ROOT.glob(f"{path}/*.py"))
             or [ROOT / path]]  # fmt: skip
    made = [m for f in files for m in mutants(str(f.relative_to(ROOT)), f.read_text())]
    return [m for m in made if not any(is_meant(m, same) for same in EQUIVALENT)]


def is_meant(mutant: Mutant, same: dict[str, str]) -> bool:
    """Whether an entry of equivalent.yaml is about the mutant."""
    change = (same.get("before", mutant.before), same.get("after", mutant.after))
    here = (
        mutant.file == same["file"]
        and same["line"] in mutant.original.splitlines()[mutant.line - 1]
    )
    return here and change == (mutant.before, mutant.after)


def require_success(areas: list[str], jobs: int) -> None:
    """Stop where the tests of an area fail without a mutant: they would notice everything."""
    unchanged = [next(iter(of_area(area))).unchanged() for area in areas]
    tasks = [(mutant, AREAS[area][1]) for area, mutant in zip(areas, unchanged, strict=True)]
    for area, fails in zip(areas, judge(tasks, jobs), strict=True):
        if fails:
            sys.exit(f"the tests of {area} fail without any mutant: {' '.join(AREAS[area][1])}")


def report(noticed: Counter, total: Counter, minutes: float) -> None:
    """The share of each area; the exit code is 1 where one is not above 90 %."""
    print("\narea          mutants  noticed  share")
    for area in total:
        share = noticed[area] / total[area]
        print(f"{area:<12} {total[area]:8} {noticed[area]:8} {share:6.1%}")
    share = noticed.total() / total.total()
    print(f"{'all':<12} {total.total():8} {noticed.total():8} {share:6.1%}  {minutes:.1f} minutes")
    sys.exit(share <= WANTED)


if __name__ == "__main__":
    main()
