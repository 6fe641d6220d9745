"""How a metric depends on tau and linear_size together: a heat map."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bam.results.configuration import Configuration
from bam.results.metrics import mean
from bam.results.render.text import number
from bam.results.report.block import Block
from bam.results.report.figure.axis import AXES, group_by_rest, position, varying_axes
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import DARK, LIGHT, ORDERED, WIDTH

MOST = 6  # maps
CAPTION = "Test users, mean over seeds; no field where no run has finished."


def heat(block: Block) -> list[Picture]:
    """A map for each of the best settings of all else that varies; none unless both vary."""
    if len(varying_axes(block)) < len(AXES):
        return []
    pictures = []
    for rest, group in group_by_rest(block).items():
        means = {_place(one): mean(one, block.metric) for one in group if None not in _place(one)}
        if len(means) > 1:
            title = ", ".join(filter(None, [block.title, rest]))
            name, words = file_name("tau-linear_size", title), f"{title}: tau, linear_size"
            pictures.append(Picture(name, words, CAPTION, _map(means, block.metric)))
    return pictures[:MOST]


def _place(one: Configuration) -> tuple[Any, ...]:
    return tuple(position(one, axis) for axis in AXES)


def _map(means: dict[tuple[Any, ...], float], metric: str) -> Figure:
    taus, sizes = (sorted(set(values)) for values in zip(*means, strict=True))
    field = np.full((len(sizes), len(taus)), np.nan)
    for (tau, size), value in means.items():
        field[sizes.index(size), taus.index(tau)] = value
    figure = Figure(figsize=(WIDTH, 1.2 + 0.4 * len(sizes)), layout="constrained")
    axes = figure.add_subplot(xlabel="tau", ylabel="linear_size")
    image = axes.imshow(field, cmap=ORDERED, origin="lower", aspect="auto")
    middle = (np.nanmin(field) + np.nanmax(field)) / 2
    for (row, column), value in np.ndenumerate(field):
        if not np.isnan(value):
            colour = DARK if value > middle else LIGHT
            axes.text(column, row, number(value), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(taus)), map(str, taus))
    axes.set_yticks(range(len(sizes)), map(str, sizes))
    axes.grid(visible=False)
    figure.colorbar(image, label=metric)
    return figure
