"""How the trials of a search depend on each of its options."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from bam.results.report.block import Block
from bam.results.report.figure.axis import logarithmic
from bam.results.report.figure.legend import wrap
from bam.results.report.picture import Picture, file_name
from bam.results.report.search import Search, search
from bam.results.report.style import CLEAR, MARK, WIDTH

COLUMNS, MOST = 2, 12  # panels
NAME = 12  # letters of a choice below an axis
CAPTION = (
    "Validation users; a dot a trial, later ones stronger, so that one sees where the search went. "
    "Ring: the best."
)


def search_options(block: Block) -> list[Picture]:
    """A panel an option; none unless the block is a search."""
    found = search(block)
    if found is None:
        return []
    options = found.options[:MOST]
    rows = -(-len(options) // COLUMNS)
    figure = Figure(figsize=(WIDTH, 0.4 + 1.8 * rows), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, sharey=True, squeeze=False).flatten().tolist()
    for axes, option in zip(panels, options, strict=False):
        _draw(axes, found, option)
        axes.set_xlabel(wrap(option, 28), fontsize=8)
    for axes in panels[len(options) :]:
        axes.set_visible(False)
    figure.supylabel(found.metric, fontsize=9)
    alt = f"The best has {found.best.settings}."
    title = f"{block.title}: {found.metric} by each option of the search"
    return [Picture(file_name("options", block.title), title, CAPTION, alt, figure)]


def _draw(axes: Axes, found: Search, option: str) -> None:
    values = [trial.settings[option] for trial in found.finished]
    heights = [trial.value for trial in found.finished]
    numbers = all(isinstance(value, int | float) for value in values)
    names = sorted({str(value) for value in values})
    places = values if numbers else [names.index(str(value)) for value in values]
    strength = np.linspace(0.25, 1, len(places)).tolist()
    axes.scatter(places, heights, color=[to_rgba(CLEAR, each) for each in strength], s=18, lw=0)
    best = found.finished.index(found.best)
    axes.plot(places[best], heights[best], "o", mfc="none", mec=MARK, ms=9, mew=1.5)
    if not numbers:
        axes.set_xticks(range(len(names)), [wrap(name, NAME) for name in names], fontsize=7)
        axes.set_xlim(-0.5, len(names) - 0.5)
    elif min(places) > 0 and max(places) / min(places) >= 10:
        logarithmic(axes)
