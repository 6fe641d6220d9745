"""What became worse since an earlier run, of this machine or of another one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.bench.ratios import Row
from bam.errors import Mistake, require

Key = tuple[str, str, str]  # the case, the measurement, the figure
MACHINE = ("cpu", "cores", "device", "threads")  # where they differ, speeds are not comparable


@dataclass(frozen=True)
class Comparison:
    """A sentence that says what is compared with what, and one for each figure that is worse."""

    scope: str
    worse: list[str]


def compare(
    result: Mapping[str, Any], file: Path, tolerance: float, ratios_only: bool
) -> Comparison:
    """The figures that are worse than in an earlier result by more than this share of it.

    Where the two were not measured on the same machine with the same `threads`, ratios alone are
    compared: each divides two figures of one machine.

    Raises:
        Mistake: the file is not that of an earlier run, or has none of these figures.
    """
    earlier = _read(file)
    seconds = result["plan"]["cpu_time"]
    require(earlier["plan"]["cpu_time"] == seconds, f"cpu_time must be as in {file}", seconds)
    other = _differences(result["environment"], earlier["environment"])
    ratios = bool(other) or ratios_only
    scope = _scope(file, earlier["environment"], other, ratios)
    rows = result["rows"], earlier["rows"]
    speed, cost = _common(*rows, "higher", ratios), _common(*rows, "lower", ratios)
    if not (speed or cost):
        raise Mistake(f"{scope}, and none is in both; measure the same cases")
    worse = {key: pair for key, pair in speed.items() if pair[0] < (1 - tolerance) * pair[1]}
    worse |= {key: pair for key, pair in cost.items() if pair[0] > (1 + tolerance) * pair[1]}
    return Comparison(
        scope, [f"{' '.join(key)}: {now:,.5g}, was {was:,.5g}" for key, (now, was) in worse.items()]
    )


def label(choice: dict[str, str]) -> str:
    """The overrides that make a case."""
    return " ".join(f"{axis}={value}" for axis, value in choice.items())


def _differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    """In what two machines differ, with the threads that were used; empty where they do not."""
    different = [key for key in MACHINE if here[key] != there[key]]
    return ", ".join(f"{key} {there[key]} there, {here[key]} here" for key in different)


def _scope(file: Path, there: Mapping[str, Any], other: str, ratios: bool) -> str:
    machine = f"; not the same machine and threads ({other})" if other else ""
    what = "ratios" if ratios else "figures"
    commit = there["commit"] or "unknown"
    return f"{what} are compared with {file}, of commit {commit}, {there['date']}{machine}"


def _read(file: Path) -> dict[str, Any]:
    try:
        earlier: dict[str, Any] = json.loads(file.read_text("utf-8"))
        known = [*earlier["environment"], *earlier["plan"], *earlier["rows"][0]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Mistake(f"compare must be a file of an earlier run, got {str(file)!r}") from error
    needed = (*MACHINE, "commit", "date", "cpu_time", "measured", "ratios")
    missing = [key for key in needed if key not in known]
    if missing:
        raise Mistake(f"{file}: has no {', '.join(missing)}; measure it again")
    return earlier


def _common(
    rows: list[Row], earlier: list[Row], better: str, ratios: bool
) -> dict[Key, tuple[float, float]]:
    now, was = _figures(rows, better, ratios), _figures(earlier, better, ratios)
    return {key: (value, was[key]) for key, value in now.items() if key in was}


def _figures(rows: list[Row], better: str, ratios: bool) -> dict[Key, float]:
    """The figures that are known, and above 0: a share of a smaller one has no meaning."""
    return {
        (label(row["choice"]), measurement, name): value
        for row in rows
        for measurement, figures in (
            {"ratio": row["ratios"]} if ratios else row["measured"]
        ).items()
        for name, value in figures[better].items()
        if value is not None and value > 0
    }
