"""How a metric depends on the one option that a sweep has varied."""

from itertools import chain, repeat

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bam.results.configuration import Configuration
from bam.results.render.text import last_part
from bam.results.report.block import Block
from bam.results.report.figure.axis import (
    axes_of,
    group_by_rest,
    logarithmic,
    position,
    positions,
)
from bam.results.report.figure.legend import legend
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import COLOURS, OTHER, WIDTH
from bam.results.report.values import Part, seeds

MOST = 8  # values that have a tick each
CAPTION = (
    "Left: users of the validation, who choose; right: of the test. The line is the mean, dots are "
    "seeds; dashed: has no such number."
)
PARTS: dict[Part, str] = {"valid": "validation", "test": "test"}


def line(block: Block) -> list[Picture]:
    """A line for each setting of all else that varies; none unless one option is an axis."""
    if len(axes_of(block)) != 1:
        return []
    [axis] = axes_of(block)
    parts = [part for part in PARTS if part == "test" or block.judged == "valid"]
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    panels = figure.subplots(1, len(parts), sharey=True, squeeze=False)[0]
    groups = group_by_rest(block, [axis])
    colours = dict(zip(groups, chain(COLOURS, repeat(OTHER)), strict=False))
    for axes, part in zip(panels, parts, strict=True):
        for rest, group in reversed(groups.items()):  # the best is drawn last, above the others
            _draw(axes, axis, block.metric, group, colours[rest], part)
        axes.set_title(PARTS[part] if len(parts) > 1 else "")
        axes.set_xlabel(last_part(axis))
        _ticks(axes, positions(block, axis))
    panels[0].set_ylabel(block.metric)
    if len(groups) > 1:
        legend(figure, colours)
    name = last_part(axis)
    caption = CAPTION if len(parts) > 1 else f"Test users.{CAPTION.partition('test.')[2]}"
    title = f"{block.title}: {block.metric} by {name}"
    alt = f"{name}: {', '.join(f'{place:g}' for place in positions(block, axis))}"
    return [Picture(file_name(name, block.title), title, caption, alt, figure)]


def _draw(
    axes: Axes, axis: str, metric: str, group: list[Configuration], colour: str, part: Part
) -> None:
    placed = {position(one, axis): seeds(one, metric, part) for one in group}
    if unplaced := placed.pop(None, None):
        axes.axhline(sum(unplaced) / len(unplaced), color=colour, ls="--")
    places = sorted(place for place, values in placed.items() if values)
    means = [sum(placed[place]) / len(placed[place]) for place in places]
    axes.plot(places, means, color=colour, marker="o", ms=4)
    for place in places:
        values = placed[place]
        axes.plot([place] * len(values), values, ".", color=colour, alpha=0.5)


def _ticks(axes: Axes, places: list[int | float]) -> None:
    if places[0] > 0 and places[-1] / places[0] >= 10:
        logarithmic(axes)
    if len(places) <= MOST:
        axes.set_xticks(places, [f"{place:g}" for place in places])
    elif axes.get_xscale() == "linear":
        axes.xaxis.set_major_locator(MaxNLocator(5))
