"""A benchmark from its config: compose the cases, measure them, store and compare."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from bam.bench.cases import cases
from bam.bench.compare import regressions
from bam.bench.measure import measure
from bam.bench.plan import split
from bam.experiment.settings import device_of
from bam.run.environment import environment
from bam.run.files import write_json


@dataclass(frozen=True)
class Told:
    """What a benchmark found: a row a case, where it is stored, and what became worse."""

    rows: list[dict[str, Any]]
    file: Path
    regressions: list[str]


def bench(config: Mapping[str, Any]) -> Told:
    """Measure every combination of the plan's matrix, on the CPU and on a GPU where there is one.

    Synthetic data lies in a folder beside the output meanwhile.
    """
    plan, _ = split(config)
    file = Path(plan.output)
    file.parent.mkdir(parents=True, exist_ok=True)
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    with TemporaryDirectory(dir=file.parent) as scratch:
        found = cases({**plan.matrix, "device": devices}, [f"scratch={Path(scratch).resolve()}"])
        rows = measure(found, plan)
    about = {"environment": environment(device_of("auto")), "plan": asdict(plan)}
    write_json(file, {**about, "rows": rows})
    worse = regressions(rows, Path(plan.compare), plan.tolerance) if plan.compare else []
    return Told(rows, file, worse)
