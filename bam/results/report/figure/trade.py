"""A metric against balance."""

from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bam.results.report.block import Block
from bam.results.report.figure.legend import legend
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import WIDTH

SPAN = 0.1  # of the axis of entropies
CAPTION = (
    "Small: each seed; large: their mean. To the right the interests share the test targets more "
    "evenly; {} is better."
)


def trade(block: Block) -> list[Picture]:
    """A point a run."""
    if not block.measured:
        return []
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.add_subplot(xlabel="entropy of shares / log K", ylabel=block.metric)
    for one in block.measured:
        held = [run.results for run in one.finished if _is_complete(run.results, block.metric)]
        if not held:
            continue
        x = [results["balance"]["entropy"] for results in held]
        y = [results["test"][block.metric] for results in held]
        colour, above = block.colour(one), 2 + (one in block.highlighted)
        axes.plot(x, y, ".", color=colour, alpha=0.6, zorder=above)
        axes.plot(fmean(x), fmean(y), "o", color=colour, ms=8, zorder=above)
    _widen(axes)
    legend(figure, {one.name: block.colour(one) for one in block.measured})
    caption = CAPTION.format("further up" if block.sign > 0 else "further down")
    title = f"{block.title}: {block.metric} against balance"
    names = ", ".join(one.name for one in block.best_first[:3])
    alt = f"The best by {block.metric}: {names}."
    return [Picture(file_name("metric_balance", block.title), title, caption, alt, figure)]


def _widen(axes: Axes) -> None:
    """Show at least SPAN of the entropies, which end at 1: a small difference looks small."""
    low, high = axes.get_xlim()
    if high - low < SPAN:
        middle = min((low + high) / 2, 1 - SPAN / 2)
        axes.set_xlim(middle - SPAN / 2, middle + SPAN / 2)


def _is_complete(results: dict[str, Any], metric: str) -> bool:
    """Whether both numbers are there; a number that was NaN is not."""
    entropy = results.get("balance", {}).get("entropy")
    return metric in results["test"] and entropy is not None
