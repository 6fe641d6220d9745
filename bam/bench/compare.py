"""What became worse since an earlier run."""

import json
from pathlib import Path
from typing import Any

from bam.errors import Mistake

Key = tuple[str, str, str]  # the case, the measurement, the figure


def regressions(rows: list[dict[str, Any]], file: Path, tolerance: float) -> list[str]:
    """A sentence for each figure that is worse than before by more than this share of it.

    Raises:
        Mistake: the file is not that of an earlier run, or has none of these figures.
    """
    try:
        earlier = json.loads(file.read_text("utf-8"))["rows"]
    except (OSError, ValueError, KeyError) as error:
        raise Mistake(f"compare must be a file of an earlier run, got {str(file)!r}") from error
    speed, cost = _common(rows, earlier, "higher"), _common(rows, earlier, "lower")
    if not (speed or cost):
        raise Mistake(f"{file}: has none of the figures measured now; measure the same cases")
    worse = {key: pair for key, pair in speed.items() if pair[0] < (1 - tolerance) * pair[1]}
    worse |= {key: pair for key, pair in cost.items() if pair[0] > (1 + tolerance) * pair[1]}
    return [f"{' '.join(key)}: {now:,.5g}, was {was:,.5g}" for key, (now, was) in worse.items()]


def label(choice: dict[str, str]) -> str:
    """The overrides that make a case."""
    return " ".join(f"{axis}={value}" for axis, value in choice.items())


def _common(
    rows: list[dict[str, Any]], earlier: list[dict[str, Any]], better: str
) -> dict[Key, tuple[float, float]]:
    now, was = _figures(rows, better), _figures(earlier, better)
    return {key: (value, was[key]) for key, value in now.items() if key in was}


def _figures(rows: list[dict[str, Any]], better: str) -> dict[Key, float]:
    return {
        (label(row["choice"]), measurement, name): value
        for row in rows
        for measurement, figures in row["measured"].items()
        for name, value in figures[better].items()
    }
