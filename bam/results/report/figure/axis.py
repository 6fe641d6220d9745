"""Which options a sweep has varied one by one: the axes of a line or of a heat map."""

import json
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from bam.results.configuration import Configuration
from bam.results.render.text import setting_text
from bam.results.report.block import Block
from bam.results.report.search import search

FIRST = ("selection.tau", "selection.linear_size")  # before other options, as the method's own


def position(one: Configuration, axis: str) -> Any:
    """The configuration's value on the axis; None where it has no such number."""
    return one.config.get(axis)


def positions(block: Block, axis: str) -> list[int | float]:
    """All values on the axis, in order."""
    return sorted({position(one, axis) for one in block.measured} - {None})


def axes_of(block: Block) -> list[str]:
    """Options that are numbers and vary while all others are equal; the first axes first.

    A number that always changes with another option, as REMI's regularisation with the selection,
    is not an axis, and neither is one that a search draws anew for each point.
    """
    if search(block) is not None:
        return []
    found = [key for key in block.keys if _is_axis(block, key)]
    places = {key: len(positions(block, key)) for key in found}
    return sorted(found, key=lambda key: (FIRST.index(key) if key in FIRST else 2, -places[key]))


def _is_axis(block: Block, key: str) -> bool:
    values = [one.label[key] for one in block.measured]
    if not all(value is None or _is_number(value) for value in values):
        return False
    by_rest: dict[str, set[Any]] = {}
    for one, value in zip(block.measured, values, strict=True):
        by_rest.setdefault(_rest(one, key), set()).add(value)
    return any(len(several - {None}) > 1 for several in by_rest.values())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rest(one: Configuration, key: str) -> str:
    return json.dumps({other: str(value) for other, value in one.label.items() if other != key})


def group_by_rest(block: Block, axes: list[str]) -> dict[str, list[Configuration]]:
    """Configurations by their settings other than the axes, the best group first."""
    keys = [key for key in block.keys if key not in axes]
    groups: dict[str, list[Configuration]] = {}
    for one in block.best_first:
        known = [key for key in keys if one.label[key] not in (None, "")]
        rest = ", ".join(setting_text(key, one.label[key]) for key in known)
        groups.setdefault(rest, []).append(one)
    return groups


def logarithmic(axes: Axes) -> None:
    """A logarithmic x axis whose ticks are plain numbers, such as 0.001."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    subs = (1.0,) if high / low > 300 else (1.0, 3.0)  # between powers of ten where they are few
    axes.xaxis.set_major_locator(LogLocator(subs=subs, numticks=8))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
