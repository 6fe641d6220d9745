"""What tau and linear_size do together: a heat map."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bam.results.configuration import Configuration
from bam.results.render.wording import number
from bam.results.report.block import Block
from bam.results.report.figure.axis import AXES, at, by_rest, varying
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import DARK, LIGHT, ORDERED, WIDTH

MOST = 6  # maps
CAPTION = "Test users, mean over seeds; no field where no run has finished."


def heat(block: Block) -> list[Picture]:
    """A map for each of the best settings of whatever else varies; none unless both vary."""
    if len(varying(block)) < len(AXES):
        return []
    found = []
    for rest, group in by_rest(block).items():
        placed = {_place(one): block.mean(one) for one in group if None not in _place(one)}
        if len(placed) > 1:
            title = ", ".join(filter(None, [block.title, rest]))
            name, words = file_name("tau-linear_size", title), f"{title}: tau, linear_size"
            found.append(Picture(name, words, CAPTION, _map(placed, block.metric)))
    return found[:MOST]


def _place(one: Configuration) -> tuple[Any, ...]:
    return tuple(at(one, axis) for axis in AXES)


def _map(placed: dict[tuple[Any, ...], float], metric: str) -> Figure:
    taus, sizes = (sorted(set(values)) for values in zip(*placed, strict=True))
    field = np.full((len(sizes), len(taus)), np.nan)
    for (tau, size), mean in placed.items():
        field[sizes.index(size), taus.index(tau)] = mean
    figure = Figure(figsize=(WIDTH, 1.2 + 0.4 * len(sizes)), layout="constrained")
    axes = figure.add_subplot(xlabel="tau", ylabel="linear_size")
    image = axes.imshow(field, cmap=ORDERED, origin="lower", aspect="auto")
    for (row, column), mean in np.ndenumerate(field):
        if not np.isnan(mean):
            bright = mean > (np.nanmin(field) + np.nanmax(field)) / 2
            axes.text(column, row, number(mean), ha="center", va="center",
                      color=DARK if bright else LIGHT)  # fmt: skip
    axes.set_xticks(range(len(taus)), map(str, taus))
    axes.set_yticks(range(len(sizes)), map(str, sizes))
    axes.grid(visible=False)
    figure.colorbar(image, label=metric)
    return figure
