"""What tau or linear_size does, where only one of them varies."""

from itertools import chain, repeat

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from bam.results.configuration import Configuration
from bam.results.render.wording import short
from bam.results.report.block import Block
from bam.results.report.figure.axis import at, by_rest, varying
from bam.results.report.figure.legend import legend
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import COLOURS, OTHER, WIDTH
from bam.results.summary import tested


def line(block: Block) -> list[Picture]:
    """A line for each setting of whatever else varies; none unless exactly one axis varies."""
    if len(varying(block)) != 1:
        return []
    [axis] = varying(block)
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.add_subplot(xlabel=short(axis), ylabel=block.metric)
    groups = by_rest(block)
    colours = dict(zip(groups, chain(COLOURS, repeat(OTHER)), strict=False))
    for rest, group in reversed(groups.items()):  # the best on top
        _draw(axes, axis, block, group, colours[rest])
    _ticks(axes, sorted({at(one, axis) for one in block.configurations if one.finished} - {None}))
    legend(figure, {rest or block.metric: colour for rest, colour in colours.items()})
    caption = "Test users; the line is the mean, dots are seeds; dashed: has no such number."
    title = f"{block.title}: {short(axis)}"
    return [Picture(file_name(short(axis), block.title), title, caption, figure)]


def _draw(axes: Axes, axis: str, block: Block, group: list[Configuration], colour: str) -> None:
    placed = sorted((one for one in group if at(one, axis) is not None), key=lambda o: at(o, axis))
    if not placed:
        axes.axhline(block.mean(group[0]), color=colour, ls="--")
        return
    places = [at(one, axis) for one in placed]
    axes.plot(places, [block.mean(one) for one in placed], color=colour, marker="o")
    for place, one in zip(places, placed, strict=True):
        values = tested(one, block.metric)
        axes.plot([place] * len(values), values, ".", color=colour, alpha=0.5)


def _ticks(axes: Axes, places: list[int | float]) -> None:
    if places[0] > 0 and places[-1] / places[0] >= 10:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(places, map(str, places))
