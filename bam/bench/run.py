"""A benchmark from its config: compose the cases, measure them, write and compare."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bam.bench.cases import cases
from bam.bench.compare import Comparison, compare
from bam.bench.measure import measure
from bam.bench.plan import split
from bam.config.resolve import given_overrides
from bam.run.environment import environment
from bam.run.files import write_json
from bam.system.device import find_device, has_gpu


@dataclass(frozen=True)
class BenchResult:
    """One row for each case, the file they are written to, and how they compare with another."""

    rows: list[dict[str, Any]]
    file: Path
    comparison: Comparison | None


def bench(config: Mapping[str, Any]) -> BenchResult:
    """Measure every combination of the plan's matrix, on the CPU and on a GPU where there is one.

    Synthetic data is in a folder beside the output until the end.

    Raises:
        Mistake: an option of the plan or of an experiment is wrong.
    """
    plan, _ = split(config)
    file = Path(plan.output)
    file.parent.mkdir(parents=True, exist_ok=True)
    devices = plan.matrix.get("device", ["cpu", "cuda"] if has_gpu() else ["cpu"])
    with TemporaryDirectory(dir=file.parent) as scratch:
        found = cases({**plan.matrix, "device": devices}, [f"scratch={Path(scratch).resolve()}"])
        rows = measure(found, plan)
    result = {
        # threads: of the measurements; 0 is the quickest number for ours, and all for others
        "environment": {**environment(find_device("auto")), "threads": config["threads"]},
        "overrides": given_overrides(),
        "plan": asdict(plan),
        "rows": rows,
    }
    write_json(file, result)
    earlier = Path(plan.compare)
    return BenchResult(
        rows,
        file,
        compare(result, earlier, plan.tolerance, plan.ratios_only) if plan.compare else None,
    )
