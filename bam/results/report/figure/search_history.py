"""What a search has found so far, trial by trial."""

from itertools import accumulate

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bam.results.report.block import Block
from bam.results.report.picture import Picture, file_name
from bam.results.report.search import search
from bam.results.report.style import CLEAR, MARK, OTHER, WIDTH

CAPTION = (
    "Validation users, in the order in which trials began; the line is the best so far. A cross is "
    "a trial without a result: it failed, or has not finished."
)


def search_history(block: Block) -> list[Picture]:
    """A dot a trial, and the best so far; none unless the block is a search."""
    found = search(block)
    if found is None:
        return []
    numbers, values = zip(*((trial.number, trial.value) for trial in found.finished), strict=True)
    best, last = list(accumulate(values, max)), max([*numbers, *found.others])
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    axes = figure.add_subplot(xlabel="trial", ylabel=found.metric)
    axes.plot(numbers, values, "o", color=OTHER, ms=4)
    axes.step([*numbers, last], [*best, best[-1]], where="post", color=CLEAR)
    axes.plot(found.best.number, found.best.value, "o", color=MARK, ms=7)
    axes.plot(found.others, [min(values)] * len(found.others), "x", color=OTHER)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    title = f"{block.title}: history of the search"
    alt = f"Trial {found.best.number} is the best, with {found.metric} {found.best.value:.4f}."
    return [Picture(file_name("search", block.title), title, CAPTION, alt, figure)]
