"""How numbers of the validation users change over training."""

from collections.abc import Iterator
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bam.results.configuration import Configuration
from bam.results.report.block import Block
from bam.results.report.figure.legend import legend
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import WIDTH
from bam.results.runs import Run, history

CAPTION = "Bold: mean over seeds; thin: each seed. Validation users."


def curves(block: Block) -> list[Picture]:
    """The compared metric and the loss."""
    return list(_pictures(block, {block.metric: block.metric, "loss": "training loss"}))


def balance_curves(block: Block) -> list[Picture]:
    """How even the interests' shares are, and how similar the interests."""
    titles = {"entropy": "entropy of shares / log K", "cosine": "mean cosine of a user's interests"}
    return list(_pictures(block, titles))


def _pictures(block: Block, keys: dict[str, str]) -> Iterator[Picture]:
    for key, title in keys.items():
        figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
        axes = figure.add_subplot(xlabel="step", ylabel=title)
        drawn = [one for one in block.configurations if _curve(axes, block, one, key)]
        if drawn:
            legend(figure, {one.name: block.colour(one) for one in drawn})
            yield Picture(file_name(key, block.title), f"{block.title}: {title}", CAPTION, figure)


def _curve(axes: Axes, block: Block, one: Configuration, key: str) -> bool:
    """Draw the curve; returns False where there is none."""
    highlight = one in block.highlighted
    style: dict[str, Any] = {"color": block.colour(one), "zorder": 2 + highlight}
    for run in one.runs if highlight else []:
        seed = _validation_values(run, key)
        axes.plot(list(seed), list(seed.values()), lw=0.6, alpha=0.5, **style)
    seeds = [seed for run in one.representative if (seed := _validation_values(run, key))]
    steps = sorted(set.intersection(*map(set, seeds))) if seeds else []
    means = [fmean(seed[step] for seed in seeds) for step in steps]
    axes.plot(steps, means, lw=1.8 if highlight else 0.8, **style)
    return bool(steps)


def _validation_values(run: Run, key: str) -> dict[int, float]:
    return {line["step"]: line[key] for line in history(run) if line.get(key) is not None}
