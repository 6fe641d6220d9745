"""How a metric depends on the one option that a sweep has varied."""

from itertools import chain, repeat

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bam.results.configuration import Configuration
from bam.results.metrics import Users, seed_values
from bam.results.render.text import last_part
from bam.results.report.block import USERS, Block
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

MOST = 8  # values that have a tick each
CAPTION = (
    "Left: validation users, by whom one may choose; right: test users. The line is the mean, dots "
    "are seeds; dashed: has no such number."
)


def line(block: Block) -> list[Picture]:
    """A line for each setting of all else that varies; none unless one option is an axis."""
    if len(axes_of(block)) != 1:
        return []
    [axis] = axes_of(block)
    several = len(block.users) > 1
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    panels = figure.subplots(1, len(block.users), sharey=True, squeeze=False)[0]
    groups = group_by_rest(block, [axis])
    colours = dict(zip(groups, chain(COLOURS, repeat(OTHER)), strict=False))
    for axes, users in zip(panels, block.users, strict=True):
        for rest, group in reversed(groups.items()):  # the best is drawn last, above the others
            _draw(axes, axis, block.metric, group, colours[rest], users)
        axes.set_title(USERS[users] if several else "")
        axes.set_xlabel(last_part(axis))
        _ticks(axes, positions(block, axis))
    panels[0].set_ylabel(block.metric)
    if len(groups) > 1:
        legend(figure, colours)
    name = last_part(axis)
    caption = CAPTION if several else f"Test users.{CAPTION.partition('test users.')[2]}"
    title = f"{block.title}: {block.metric} by {name}"
    alt = f"{name}: {', '.join(f'{place:g}' for place in positions(block, axis))}"
    return [Picture(file_name(name, block.title), title, caption, alt, figure)]


def _draw(
    axes: Axes, axis: str, metric: str, group: list[Configuration], colour: str, users: Users
) -> None:
    placed = {position(one, axis): seed_values(one, metric, users) for one in group}
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
