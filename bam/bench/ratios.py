"""Ratios between figures."""

from collections.abc import Mapping
from typing import Any

# choice: the value of each axis; measured: figures by measurement; ratios: figures
Row = dict[str, Any]


def ratios(
    row: Row, rows: list[Row], pairs: Mapping[str, str], axes: list[str]
) -> dict[str, dict[str, float]]:
    """Ratios in two groups, as the Figures: of those in `lower` a lower one is better."""
    return {"higher": against(row, pairs), "lower": growth(row, rows, axes)}


def against(row: Row, pairs: Mapping[str, str]) -> dict[str, float]:
    """Each higher-is-better figure of one measurement divided by another's that has it, too."""
    measured = row["measured"]
    return {
        f"{name} {figure} / {other}": value / theirs
        for name, other in pairs.items()
        for figure, value in measured[name]["higher"].items()
        if (theirs := measured[other]["higher"].get(figure, 0)) > 0
    }


def growth(row: Row, rows: list[Row], axes: list[str]) -> dict[str, float]:
    """Each lower-is-better figure divided by that of the first case along an axis."""
    found = {}
    for axis in (axis for axis in axes if axis in row["choice"]):
        others = {key: value for key, value in row["choice"].items() if key != axis}
        base = next(r for r in rows if others.items() <= r["choice"].items())
        for name, figures in row["measured"].items():
            for figure, value in figures["lower"].items():
                first = base["measured"][name]["lower"][figure]
                if first > 0:  # neither 0 nor unknown
                    found[f"{name} {figure} / {axis}={base['choice'][axis]}"] = value / first
    return found
