"""A benchmark from its config: compose the cases, measure them, write and compare."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bam.bench.cases import cases
from bam.bench.compare import regressions
from bam.bench.measure import measure
from bam.bench.plan import split
from bam.run.environment import environment
from bam.run.files import write_json
from bam.system.device import find_device, has_gpu


@dataclass(frozen=True)
class BenchResult:
    """One row for each case, the file they are written to, and what became worse."""

    rows: list[dict[str, Any]]
    file: Path
    regressions: list[str]


def bench(config: Mapping[str, Any]) -> BenchResult:
    """Measure every combination of the plan's matrix, on the CPU and on a GPU where there is one.

    Synthetic data is in a folder beside the output until the end.

    Raises:
        Mistake: an option of the plan or of an experiment is wrong.
    """
    plan, _ = split(config)
    file = Path(plan.output)
    file.parent.mkdir(parents=True, exist_ok=True)
    devices = ["cpu", "cuda"] if has_gpu() else ["cpu"]
    with TemporaryDirectory(dir=file.parent) as scratch:
        found = cases({**plan.matrix, "device": devices}, [f"scratch={Path(scratch).resolve()}"])
        rows = measure(found, plan)
    about = {"environment": environment(find_device("auto")), "plan": asdict(plan)}
    write_json(file, {**about, "rows": rows})
    worse = regressions(rows, Path(plan.compare), plan.tolerance) if plan.compare else []
    return BenchResult(rows, file, worse)
