"""Measure every case, one process for each measurement, so that no memory of another is counted.

The cases take turns: the speed of a machine changes from minute to minute, and figures that are
compared should be measured under the same conditions.
"""

import logging
import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from typing import Any

from bam.bench.cases import Case
from bam.bench.figures import Figures, combine
from bam.bench.plan import Plan, split
from bam.bench.ratios import Row, ratios
from bam.config.instantiate import component
from bam.system.bars import progress_bar


def measure(cases: list[Case], plan: Plan) -> list[Row]:
    """One row for each case: its choice, its measured figures, and the ratios of the plan."""
    total = plan.turns * len(cases) * len(plan.measurements)
    with progress_bar(total=total, desc="measuring", unit="measurement") as shown:
        for case in cases:
            _in_new_process(_prepare, case)
        turns = [[_measure(case, shown.update) for case in cases] for _ in range(plan.turns)]
    rows: list[Row] = [
        {"choice": case.choice, "measured": _combined(found, plan.best_turn)}
        for case, found in zip(cases, zip(*turns, strict=True), strict=True)
    ]
    return [{**row, "ratios": ratios(row, rows, plan.against, plan.growth)} for row in rows]


def _combined(
    turns: Sequence[Mapping[str, Figures]], best: bool
) -> dict[str, dict[str, dict[str, float]]]:
    return {name: asdict(combine([turn[name] for turn in turns], best)) for name in turns[0]}


def _measure(case: Case, done: Callable[[], object]) -> dict[str, Figures]:
    plan, experiment = split(case.config)
    found = {}
    for name, node in plan.measurements.items():
        found[name] = _in_new_process(_run, node, name, experiment)
        done()
    return found


def _in_new_process(task: Callable[..., Any], *arguments: Any) -> Any:
    """Call the task in a new process, and return its result.

    What it logs would be of use to a training, and stand between the lines of progress here.
    """
    context, silence = multiprocessing.get_context("spawn"), (logging.WARNING,)
    with ProcessPoolExecutor(1, context, logging.disable, silence) as pool:
        return pool.submit(task, *arguments).result()


def _prepare(case: Case) -> None:
    """Check all measurements, and prepare the data set, so that no measurement includes that."""
    plan, experiment = split(case.config)
    for name, node in plan.measurements.items():
        _build(node, name, experiment)
    component(experiment["dataset"], "dataset", experiment["trust"])


def _run(node: Mapping[str, Any], name: str, experiment: Mapping[str, Any]) -> Figures:
    return _build(node, name, experiment)(experiment)


def _build(node: Mapping[str, Any], name: str, experiment: Mapping[str, Any]) -> Any:
    return component(node, f"measurements.{name}", experiment["trust"])
