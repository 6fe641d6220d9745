"""What the trainings that a board lacks would take, from the minutes of those that it has."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bam.results.board.plan import SEEDS, Protocol
from bam.results.board.rows import Row


@dataclass(frozen=True)
class Cost:
    """Of one data set under one protocol."""

    data: str
    protocol: Protocol
    run: int  # methods
    missing: int
    fewer: int  # methods that were run with fewer seeds than the plan has
    minutes: float  # of all stored trainings
    left: float | None  # about as many minutes for what is missing; None: nothing is known
    unknown: int  # of the missing ones those that were run nowhere: not in `left`


def costs(rows: Sequence[Row]) -> list[Cost]:
    """A line for each data set and protocol, in the order of the rows."""
    pages: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        pages[row.data, row.protocol.name].append(row)
    return [_cost(page, rows) for page in pages.values()]


def _cost(page: list[Row], rows: Sequence[Row]) -> Cost:
    lacking = [(row, trainings_left(row)) for row in page]
    missing = [row for row in page if not row.runs]
    estimates = [(minutes_of(row, rows), number) for row, number in lacking if number]
    known = [minutes * number for minutes, number in estimates if minutes is not None]
    return Cost(
        page[0].data,
        page[0].protocol,
        len(page) - len(missing),
        len(missing),
        sum(bool(row.runs and number) for row, number in lacking),
        sum((run.minutes for row in page for run in row.runs if run.is_trained), 0.0),
        sum(known, 0.0) if known or not estimates else None,
        len(estimates) - len(known),
    )


def trainings_left(row: Row) -> int:
    """How many seeds of the plan the row lacks; what is not trained has one result for all."""
    if row.runs and not any(run.is_trained and run.steps for run in row.runs):
        return 0
    return max(0, SEEDS.count(",") + 1 - len(row.runs))


def minutes_of(row: Row, rows: Sequence[Row]) -> float | None:
    """About as many minutes as one training of this row takes; None where it was run nowhere.

    Those on the same data under another protocol; else a step of the method on other data, times
    the steps here, times how much longer a step of other methods takes here than there.
    """
    done = [one for one in rows if one.runs and one.method.name == row.method.name]
    here = [one for one in done if one.data == row.data]
    if here:
        return here[0].minutes
    if not done:
        return None
    there = done[0]
    if not _steps(there):
        return there.minutes
    steps = row.method.steps.get(row.data, _steps(there))
    return there.pace * steps * _slower(row.data, there.data, rows)


def _slower(data: str, than: str, rows: Sequence[Row]) -> float:
    """How many times as long a step takes, as a median over methods; 1 if none is run on both."""
    paces: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        if row.runs and _steps(row) and row.data in (data, than):
            paces[row.method.name][row.data] = row.pace
    ratios = [pace[data] / pace[than] for pace in paces.values() if len(pace) == len({data, than})]
    return statistics.median(ratios) if ratios else 1.0


def _steps(row: Row) -> int:
    return max(run.steps for run in row.runs)
