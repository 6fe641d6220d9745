"""Which share of the validation targets each interest wins, over training."""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bam.results.configuration import Configuration
from bam.results.report.block import Block
from bam.results.report.figure.legend import wrap
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import LIGHT, ORDERED, WIDTH
from bam.results.runs import Run, history

COLUMNS = 2
CAPTION = (
    "At each validation the interests are ordered by their share, the largest at the bottom, and "
    "averaged over seeds: where all have the same share, the bands meet the dotted lines."
)


def shares(block: Block) -> list[Picture]:
    """A panel for each configuration that is highlighted."""
    by_name = {one.name: values for one in block.highlighted if (values := _shares(one))}
    if not by_name:
        return []
    rows = -(-len(by_name) // COLUMNS)
    figure = Figure(figsize=(WIDTH, 0.5 + 1.5 * rows), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).flat
    for axes, (name, values) in zip(panels, by_name.items(), strict=False):
        _panel(axes, values)
        axes.set_title(wrap(name, 30), fontsize=8)
    for axes in panels[len(by_name) :]:
        axes.set_visible(False)
    figure.supxlabel("step", fontsize=9)
    figure.supylabel("share of targets", fontsize=9)
    title = f"{block.title}: share of each interest"
    alt = "; ".join(f"{name}: {_last(values)}" for name, values in by_name.items())
    return [Picture(file_name("shares", block.title), title, CAPTION, alt, figure)]


def _last(values: dict[int, list[float]]) -> str:
    """The shares at the last validation."""
    return ", ".join(f"{share:.0%}" for share in values[max(values)])


def _shares(one: Configuration) -> dict[int, list[float]]:
    """At each step that all seeds have reached, the mean share of the largest, the second, ..."""
    seeds = [seed for run in one.representative if (seed := _validation_shares(run))]
    steps = sorted(set.intersection(*map(set, seeds))) if seeds else []
    return {step: np.mean([seed[step] for seed in seeds], axis=0).tolist() for step in steps}


def _validation_shares(run: Run) -> dict[int, list[float]]:
    lines = [line for line in history(run) if None not in line.get("share", [None])]
    return {line["step"]: sorted(line["share"], reverse=True) for line in lines}


def _panel(axes: Axes, values: dict[int, list[float]]) -> None:
    steps, stacked = list(values), np.array(list(values.values())).T
    K = len(stacked)
    colours = matplotlib.colormaps[ORDERED](np.linspace(0.15, 0.85, K))
    axes.stackplot(steps, stacked, colors=colours, lw=0)
    for k in range(1, K):
        axes.axhline(k / K, color=LIGHT, lw=1, ls=":")
    axes.set(ylim=(0, 1), xlim=(steps[0], max(steps[-1], steps[0] + 1)))
    axes.grid(visible=False)
