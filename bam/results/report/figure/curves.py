"""How numbers change over training: of the validation users, and of the loss."""

from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bam.results.configuration import Configuration
from bam.results.report.block import Block
from bam.results.report.figure.legend import legend, wrap
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import OTHER, WIDTH
from bam.results.runs import Run, history

CAPTION = "Bold: mean over seeds; thin: each seed. "
BEST = "Validation users. A dot is the step whose weights were kept and tested."
PARTS = "loss/"  # before the name of a part of the loss, as bam.training.loss_parts writes it


def curves(block: Block) -> list[Picture]:
    """The compared metric, and the loss with its parts, each on its own axis."""
    return [*_metric(block, block.metric, block.metric, BEST, best=True), *_loss(block)]


def balance_curves(block: Block) -> list[Picture]:
    """How even the interests' shares are, and how similar the interests."""
    titles = {"entropy": "entropy of shares / log K", "cosine": "mean cosine of a user's interests"}
    users = "Validation users."
    return [p for key, title in titles.items() for p in _metric(block, key, title, users)]


def _metric(block: Block, key: str, title: str, words: str, best: bool = False) -> list[Picture]:
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    axes = figure.add_subplot(xlabel="step", ylabel=wrap(title, 22))
    drawn = [one for one in block.configurations if _curve(axes, block, one, key)]
    if not drawn:
        return []
    for one in block.highlighted if best else []:
        for run in one.finished:
            _mark(axes, _values(run, key), run.results.get("best_step"), block.colour(one))
    legend(figure, {one.name: block.colour(one) for one in drawn})
    alt = "; ".join(f"{one.name}: {_ends(one, key)}" for one in drawn if one in block.highlighted)
    title = f"{block.title}: {title}"
    return [Picture(file_name(key, block.title), title, CAPTION + words, alt, figure)]


def _loss(block: Block) -> list[Picture]:
    """One panel for the sum, one for each of its parts."""
    lines = [line for one in block.highlighted for run in one.runs for line in history(run)[:1]]
    parts = dict.fromkeys(key for line in lines for key in line if key.startswith(PARTS))
    keys = ["loss", *parts]
    height = 2.6 if not parts else 0.9 + 1.2 * len(keys)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = figure.subplots(len(keys), 1, sharex=True, squeeze=False)[:, 0]
    names = []
    for axes, key in zip(panels, keys, strict=True):
        names += [one.name for one in block.configurations if _curve(axes, block, one, key)]
        axes.set_ylabel(key.removeprefix(PARTS).replace("_", "\n"), fontsize=8)
    if not names:
        return []
    panels[-1].set_xlabel("step")
    legend(figure, {name: block.colours.get(name, OTHER) for name in dict.fromkeys(names)})
    title = f"{block.title}: training loss" + (" and its parts" if parts else "")
    words = (
        " Below, its parts with their weights, each on its own axis: of one batch, without dropout."
    )
    caption = f"{CAPTION}Mean over the steps since the last validation.{words if parts else ''}"
    alt = "; ".join(f"{one.name}: {_ends(one, 'loss')}" for one in block.highlighted)
    return [Picture(file_name("loss", block.title), title, caption, alt, figure)]


def _curve(axes: Axes, block: Block, one: Configuration, key: str) -> bool:
    """Draw the curve; returns False where there is none."""
    highlight = one in block.highlighted
    style: dict[str, Any] = {"color": block.colour(one), "zorder": 2 + highlight}
    for run in one.runs if highlight else []:
        seed = _values(run, key)
        axes.plot(list(seed), list(seed.values()), lw=0.6, alpha=0.5, **style)
    means = _means(one, key)
    axes.plot(list(means), list(means.values()), lw=1.8 if highlight else 0.8, **style)
    return bool(means)


def _mark(axes: Axes, values: dict[int, float], step: Any, colour: str) -> None:
    if step in values:
        axes.plot(step, values[step], "o", color=colour, ms=4, zorder=4)


def _means(one: Configuration, key: str) -> dict[int, float]:
    """The mean over seeds at each step that all of them have reached."""
    seeds = [seed for run in one.representative if (seed := _values(run, key))]
    steps = sorted(set.intersection(*map(set, seeds))) if seeds else []
    return {step: fmean(seed[step] for seed in seeds) for step in steps}


def _values(run: Run, key: str) -> dict[int, float]:
    return {line["step"]: line[key] for line in history(run) if line.get(key) is not None}


def _ends(one: Configuration, key: str) -> str:
    values = list(_means(one, key).values())
    return f"from {values[0]:.4g} to {values[-1]:.4g}" if values else "none"
