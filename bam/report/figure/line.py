"""What tau or linear_size does, where only one of them varies."""

from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from bam.report.block import Block
from bam.report.figure.axis import at, by_rest, varying
from bam.report.picture import Picture, file_name
from bam.report.style import COLOURS, WIDTH
from bam.sweep.configuration import Configuration
from bam.sweep.summary import tested
from bam.sweep.wording import short


def line(block: Block) -> list[Picture]:
    """A line for each setting of whatever else varies; none unless exactly one axis varies."""
    if len(varying(block)) != 1:
        return []
    [axis] = varying(block)
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    axes = figure.add_subplot(xlabel=short(axis), ylabel=block.metric)
    for (rest, group), colour in zip(by_rest(block).items(), cycle(COLOURS), strict=False):
        _draw(axes, axis, block, group, rest or block.metric, colour)
    _ticks(axes, sorted({at(one, axis) for one in block.configurations if one.finished} - {None}))
    figure.legend(loc="outside lower center", ncols=2)
    caption = "Test users; the line is the mean, dots are seeds; dashed: has no such number."
    title = f"{block.title}: {short(axis)}"
    return [Picture(file_name(short(axis), block.title), title, caption, figure)]


def _draw(
    axes: Axes, axis: str, block: Block, group: list[Configuration], name: str, colour: str
) -> None:
    placed = sorted((one for one in group if at(one, axis) is not None), key=lambda o: at(o, axis))
    if not placed:
        axes.axhline(block.mean(group[0]), color=colour, ls="--", label=name)
        return
    places = [at(one, axis) for one in placed]
    axes.plot(places, [block.mean(one) for one in placed], color=colour, marker="o", label=name)
    for place, one in zip(places, placed, strict=True):
        values = tested(one, block.metric)
        axes.plot([place] * len(values), values, ".", color=colour, alpha=0.5)


def _ticks(axes: Axes, places: list[int | float]) -> None:
    if places[0] > 0 and places[-1] / places[0] >= 10:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(places, map(str, places))
