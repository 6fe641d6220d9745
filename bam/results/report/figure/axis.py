"""The two numbers of a selection that are drawn as axes."""

from typing import Any

from bam.results.configuration import Configuration
from bam.results.render.text import setting_text
from bam.results.report.block import Block

AXES = ("selection.tau", "selection.linear_size")


def position(one: Configuration, axis: str) -> Any:
    """The configuration's value on the axis; None where its selection has no such number."""
    return one.config.get(axis)


def positions(block: Block, axis: str) -> list[int | float]:
    """All values on the axis, in order."""
    return sorted({position(one, axis) for one in block.measured} - {None})


def varying_axes(block: Block) -> list[str]:
    """The axes on which the block has several positions."""
    return [axis for axis in AXES if len(positions(block, axis)) > 1]


def group_by_rest(block: Block) -> dict[str, list[Configuration]]:
    """Configurations by their settings other than the axes, the best group first."""
    labels = [one.label for one in block.measured]
    keys = [
        key for key in labels[0] if key not in AXES and len({str(la[key]) for la in labels}) > 1
    ]
    groups: dict[str, list[Configuration]] = {}
    for one in block.metrics.best_first(block.measured):
        known = [key for key in keys if one.label[key] is not None]
        rest = ", ".join(setting_text(key, one.label[key]) for key in known)
        groups.setdefault(rest, []).append(one)
    return groups
