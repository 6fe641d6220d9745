"""Accuracy against balance."""

from statistics import fmean

from matplotlib.figure import Figure

from bam.results.report.block import Block
from bam.results.report.figure.legend import legend
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import WIDTH
from bam.results.summary import tested

CAPTION = (
    "Small: each seed; large: their mean. To the right the interests share the test targets more "
    "evenly, further up the ranking is better."
)


def trade(block: Block) -> list[Picture]:
    """A point a run."""
    finished = [one for one in block.configurations if tested(one, block.metric)]
    if not finished:
        return []
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.add_subplot(xlabel="entropy of shares / log K", ylabel=block.metric)
    for one in finished:
        x = [run.results["balance"]["entropy"] for run in one.finished]
        y, colour = tested(one, block.metric), block.colour(one)
        axes.plot(x, y, ".", color=colour, alpha=0.6, zorder=2 + (one in block.told_apart))
        axes.plot(fmean(x), fmean(y), "o", color=colour, ms=8, zorder=2 + (one in block.told_apart))
    legend(figure, {one.name: block.colour(one) for one in finished})
    title = f"{block.title}: accuracy against balance"
    return [Picture(file_name("accuracy_balance", block.title), title, CAPTION, figure)]
