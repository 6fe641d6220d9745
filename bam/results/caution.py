"""What makes the rows of a table hard to compare."""

from collections import Counter
from collections.abc import Iterator

from bam.results.configuration import Configuration
from bam.results.label import REFIT


def cautions(configurations: list[Configuration]) -> list[str]:
    """A sentence for each: training on other parts of the data, runs that did not finish, other
    code, other numbers of seeds.
    """
    return [
        *refit_note(configurations),
        *_not_finished(configurations),
        *_code(configurations),
        *_seeds(configurations),
    ]


def refit_note(configurations: list[Configuration]) -> Iterator[str]:
    """What was tested of runs that have trained again on train + validation."""
    count = sum(one.config.get(REFIT) is True for one in configurations)
    if not count:
        return
    rows = "all rows" if count == len(configurations) else f"{count} of {len(configurations)} rows"
    yield (
        f"refit=true ({rows}): validation chose the number of steps, and the weights that are "
        "tested are those of as many steps on train + validation."
    )
    if count < len(configurations):
        yield "Careful: rows with refit=true have trained on more than those without it."


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
