"""What makes the rows of a table hard to compare."""

from collections import Counter
from collections.abc import Iterator

from bam.results.configuration import Configuration


def cautions(configurations: list[Configuration]) -> list[str]:
    """A sentence for each: runs that did not finish, other code, other numbers of seeds."""
    return [*_not_finished(configurations), *_code(configurations), *_seeds(configurations)]


def _not_finished(configurations: list[Configuration]) -> Iterator[str]:
    states = Counter(run.status for one in configurations for run in one.runs)
    missing = [f"{states[name]} {name}" for name in ("failed", "unfinished") if states[name]]
    if missing:
        yield f"Of {states.total()} runs, {' and '.join(missing)}: no figure is of them."


def _code(configurations: list[Configuration]) -> Iterator[str]:
    """Each run has a hash of the code that its numbers depend on; version 0.1 recorded none."""
    runs = [run for one in configurations for run in one.finished]
    hashes = Counter(str(run.results.get("code") or "one that was not recorded") for run in runs)
    if len(hashes) > 1:
        counts = ", ".join(f"{count} by {name}" for name, count in hashes.most_common())
        yield f"Careful: the runs are by different code ({counts}; `code` in results.csv)."


def _seeds(configurations: list[Configuration]) -> Iterator[str]:
    seeds = Counter(tuple(run.seed for run in one.finished) for one in configurations)
    del seeds[()]
    if len(seeds) > 1:
        counts = ", ".join(
            f"{rows} with {_list(numbers)}" for numbers, rows in sorted(seeds.items())
        )
        yield f"Careful: rows have different seeds ({counts}), so their means are of other draws."


def _list(seeds: tuple[int, ...]) -> str:
    return " and ".join(map(str, seeds)) if len(seeds) < 4 else f"{len(seeds)} seeds"
