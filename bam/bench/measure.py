"""Measure every case: one process a measurement, so that none pays for another's memory.

In turns: a machine wavers from minute to minute, and what is set against each other should meet the
same of it.
"""

import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from typing import Any

from bam.bench.cases import Case
from bam.bench.figures import Figures, middle
from bam.bench.plan import Plan, split
from bam.bench.ratios import Row, against, growth
from bam.experiment.instantiate import component
from bam.system.bars import progress_bar


def measure(cases: list[Case], plan: Plan) -> list[Row]:
    """A row a case: its choice, the figures of its measurements, and the plan's ratios."""
    total = plan.turns * len(cases) * len(plan.measurements)
    with progress_bar(total=total, desc="measuring", unit="measurement") as shown:
        for case in cases:  # whatever is measured finds its data set made
            _apart(_prepare, split(case.config)[1])
        turns = [[_measure(case, shown.update) for case in cases] for _ in range(plan.turns)]
    rows: list[Row] = [
        {"choice": case.choice, "measured": _middle(found)}
        for case, found in zip(cases, zip(*turns, strict=True), strict=True)
    ]
    return [
        {**row, "ratios": {**against(row, plan.against), **growth(row, rows, plan.growth)}}
        for row in rows
    ]


def _middle(turns: Sequence[Mapping[str, Figures]]) -> dict[str, dict[str, dict[str, float]]]:
    return {name: asdict(middle([turn[name] for turn in turns])) for name in turns[0]}


def _measure(case: Case, done: Callable[[], object]) -> dict[str, Figures]:
    plan, experiment = split(case.config)
    found = {}
    for name, node in plan.measurements.items():
        found[name] = _apart(_measured, node, f"measurements.{name}", experiment)
        done()
    return found


def _apart(task: Callable[..., Any], *arguments: Any) -> Any:
    """The task's result, from a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(task, *arguments).result()


def _prepare(experiment: Mapping[str, Any]) -> None:
    component(experiment["dataset"], "dataset")


def _measured(node: Mapping[str, Any], path: str, experiment: Mapping[str, Any]) -> Figures:
    return component(node, path)(experiment)
