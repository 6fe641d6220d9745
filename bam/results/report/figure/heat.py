"""How a metric depends on two options that a sweep has varied: a heat map."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bam.results.configuration import Configuration
from bam.results.metrics import Users, seed_values
from bam.results.render.text import last_part, spread
from bam.results.report.block import USERS, Block
from bam.results.report.figure.axis import axes_of, group_by_rest, position
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import DARK, LIGHT, MARK, ORDERED, WIDTH

MOST = 4  # settings of all else, the best
Place = tuple[Any, Any]


@dataclass(frozen=True)
class Grid:
    """Each seed's value at each place of two options."""

    options: list[str]
    cells: dict[Place, list[float]]
    best: Place  # of the block's best configuration, which may be in another grid

    @property
    def columns(self) -> list[Any]:
        return sorted({x for x, _ in self.cells})

    @property
    def rows(self) -> list[Any]:
        return sorted({y for _, y in self.cells})

    @property
    def is_filled(self) -> bool:
        """At least by half, and by more than one value."""
        places = len(self.columns) * len(self.rows)
        return len(self.cells) > 1 and 2 * len(self.cells) >= places


def heat(block: Block) -> list[Picture]:
    """Of the users that choose and of the test users, for each of the best settings of all else.

    None unless two options vary, and their values fill at least half of the map.
    """
    options = axes_of(block)[:2]
    if len(options) < 2:
        return []
    groups = list(group_by_rest(block, options).items())[:MOST]
    grids = [
        (rest, users, _grid(block, options, group, users))
        for rest, group in groups
        for users in block.users
    ]
    return [_picture(block, rest, users, grid) for rest, users, grid in grids if grid.is_filled]


def _grid(block: Block, options: list[str], group: list[Configuration], users: Users) -> Grid:
    placed = {_place(one, options): seed_values(one, block.metric, users) for one in group}
    cells = {place: values for place, values in placed.items() if values and None not in place}
    best = block.best_first[0]
    return Grid(options, cells, _place(best, options) if best in group else (None, None))


def _place(one: Configuration, options: list[str]) -> Place:
    return position(one, options[0]), position(one, options[1])


def _picture(block: Block, rest: str, users: Users, grid: Grid) -> Picture:
    names = [last_part(option) for option in grid.options]
    several = any(len(values) > 1 for values in grid.cells.values())
    title = f"{', '.join(filter(None, [block.title, rest]))}: {block.metric}"
    caption = (
        f"{USERS[users].capitalize()} users: mean{' ± standard deviation' if several else ''} over "
        f"seeds; no field where no run has finished. Frame: the best by {block.judge}."
    )
    alt = "; ".join(
        f"{names[0]} {x:g}, {names[1]} {y:g}: {spread(values)}"
        for (x, y), values in grid.cells.items()
    )
    figure = Figure(figsize=(WIDTH, 1.2 + 0.45 * len(grid.rows)), layout="constrained")
    axes = figure.add_subplot(xlabel=names[0], ylabel=names[1])
    _draw(axes, grid)
    name = file_name(*names, users, block.title, rest)
    return Picture(name, f"{title} of {USERS[users]} users", caption, alt, figure)


def _draw(axes: Axes, grid: Grid) -> None:
    columns, rows = grid.columns, grid.rows
    field = np.full((len(rows), len(columns)), np.nan)
    for (x, y), values in grid.cells.items():
        field[rows.index(y), columns.index(x)] = np.mean(values)
    axes.imshow(field, cmap=ORDERED, origin="lower", aspect="auto")
    middle = (np.nanmin(field) + np.nanmax(field)) / 2
    size = min(8.0, 40 / len(columns))
    for (x, y), values in grid.cells.items():
        place = columns.index(x), rows.index(y)
        colour = DARK if np.mean(values) > middle else LIGHT
        text = spread(values).replace(" ", "\n", 1)
        axes.text(*place, text, ha="center", va="center", color=colour, fontsize=size)
        if (x, y) == grid.best:
            corner = place[0] - 0.47, place[1] - 0.47
            axes.add_patch(Rectangle(corner, 0.94, 0.94, fill=False, ec=MARK, lw=2.5))
    axes.set_xticks(range(len(columns)), [f"{x:g}" for x in columns])
    axes.set_yticks(range(len(rows)), [f"{y:g}" for y in rows])
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
