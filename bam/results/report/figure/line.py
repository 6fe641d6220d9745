"""How a metric depends on tau or linear_size, where only one of them varies."""

from itertools import chain, repeat

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from bam.results.configuration import Configuration
from bam.results.metrics import mean, seed_values
from bam.results.render.text import last_part
from bam.results.report.block import Block
from bam.results.report.figure.axis import group_by_rest, position, positions, varying_axes
from bam.results.report.figure.legend import legend
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import COLOURS, OTHER, WIDTH

CAPTION = "Test users; the line is the mean, dots are seeds; dashed: has no such number."


def line(block: Block) -> list[Picture]:
    """A line for each setting of all else that varies; none unless exactly one axis varies."""
    if len(varying_axes(block)) != 1:
        return []
    [axis] = varying_axes(block)
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.add_subplot(xlabel=last_part(axis), ylabel=block.metric)
    groups = group_by_rest(block)
    colours = dict(zip(groups, chain(COLOURS, repeat(OTHER)), strict=False))
    for rest, group in reversed(groups.items()):  # the best is drawn last, above the others
        _draw(axes, axis, block.metric, group, colours[rest])
    _ticks(axes, positions(block, axis))
    legend(figure, {rest or block.metric: colour for rest, colour in colours.items()})
    name = last_part(axis)
    return [Picture(file_name(name, block.title), f"{block.title}: {name}", CAPTION, figure)]


def _draw(axes: Axes, axis: str, metric: str, group: list[Configuration], colour: str) -> None:
    placed = {position(one, axis): one for one in group if position(one, axis) is not None}
    if not placed:
        axes.axhline(mean(group[0], metric), color=colour, ls="--")
        return
    places = sorted(placed)
    means = [mean(placed[place], metric) for place in places]
    axes.plot(places, means, color=colour, marker="o")
    for place in places:
        values = seed_values(placed[place], metric)
        axes.plot([place] * len(values), values, ".", color=colour, alpha=0.5)


def _ticks(axes: Axes, places: list[int | float]) -> None:
    if places[0] > 0 and places[-1] / places[0] >= 10:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(places, map(str, places))
