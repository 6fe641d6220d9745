"""Measure every case: one process a measurement, so that none pays for another's memory."""

import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from typing import Any

from bam.bench.plan import Plan, split
from bam.bench.ratios import Row, against, growth
from bam.experiment.cases import Case
from bam.experiment.compose import component
from bam.progress import bar


def measure(cases: list[Case], plan: Plan) -> list[Row]:
    """A row a case: its choice, the figures of its measurements, and the plan's ratios."""
    total = len(cases) * len(plan.measurements)
    with bar(total=total, desc="measuring", unit="measurement") as shown:
        rows: list[Row] = [
            {"choice": case.choice, "measured": _figures(case, shown.update)} for case in cases
        ]
    return [
        {**row, "ratios": {**against(row, plan.against), **growth(row, rows, plan.growth)}}
        for row in rows
    ]


def _figures(case: Case, done: Callable[[], object]) -> dict[str, dict[str, dict[str, float]]]:
    plan, experiment = split(case.config)
    _apart(_prepare, experiment)  # whatever is measured finds the data set made
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


def _measured(
    node: Mapping[str, Any], path: str, experiment: Mapping[str, Any]
) -> dict[str, dict[str, float]]:
    return asdict(component(node, path)(experiment))
