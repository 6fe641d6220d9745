"""The cost of a configuration: time and memory."""

import math
from statistics import fmean

from matplotlib.figure import Figure

from bam.results.configuration import Configuration
from bam.results.report.block import Block, best_first
from bam.results.report.figure.rows import BAR, Rows
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import WIDTH

MOST = 24  # bars that can be read
KEYS = {
    "train_seconds": "training,\nseconds",
    "users_per_second": "tested users\na second",
    "peak_memory_mb": "peak memory,\nMB",
}


def cost(block: Block) -> list[Picture]:
    """Bars, the best configuration on top."""
    every = [one for one in block.configurations if one.finished]
    best = best_first(every, block.metrics, block.judged)
    finished = best[:MOST]
    if not finished:
        return []
    rows = Rows.of([one.name for one in finished], 32)
    figure = Figure(figsize=(WIDTH, 1.0 + rows.height), layout="constrained")
    panels = figure.subplots(1, len(KEYS), sharey=True)
    for axes, (key, title) in zip(panels, KEYS.items(), strict=True):
        values = [_mean(one, key) for one in finished]
        colours = [block.colour(one) for one in finished]
        axes.barh(rows.places, values, color=colours, height=BAR)
        axes.set_xlabel(title, fontsize=7)
        axes.grid(visible=False, axis="y")
        axes.locator_params(axis="x", nbins=2)
    rows.label(panels[0])
    more = f" The best {MOST} of {len(best)}." if len(best) > MOST else ""
    caption = f"Mean over seeds; the best by {block.judge} on top.{more}"
    title = f"{block.title}: time and memory"
    alt = "; ".join(f"{one.name}: {_mean(one, 'train_seconds'):.0f} seconds" for one in finished)
    return [Picture(file_name("cost", block.title), title, caption, alt, figure)]


def _mean(one: Configuration, key: str) -> float:
    """Of the seeds that have the figure; nan, which has no bar, where none has."""
    known = [run.results[key] for run in one.finished if run.results.get(key) is not None]
    return fmean(known) if known else math.nan
