"""Where gains come from: users with short and long histories, rare and popular targets."""

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.figure import Figure

from bam.evaluation.users import HISTORY, POPULARITY
from bam.results.configuration import Configuration
from bam.results.render.text import number
from bam.results.report.block import Block
from bam.results.report.figure.legend import legend
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import INK, WIDTH
from bam.results.report.values import gains, user_means, users_column

GROUPS = 5  # of about as many users each
LARGE = 100  # a number from here on has no decimals, which means over targets have
CAPTION = (
    "Test users in groups of about equal size; the line is the 95 % interval over the users of a "
    "group, each averaged over seeds."
)


def by_history(block: Block) -> list[Picture]:
    """By how many items came before a user's targets."""
    return _by(block, HISTORY, "items in the history")


def by_popularity(block: Block) -> list[Picture]:
    """By how often a user's targets are in the training part."""
    return _by(block, POPULARITY, "how often the target is in the training part")


def _by(block: Block, column: str, words: str) -> list[Picture]:
    """None where the runs have not kept the number, or all users have the same."""
    every = {one.name: _values(block, one) for one in block.highlighted}
    numbers = users_column(block.measured[0], column) if block.measured else None
    if numbers is None:
        return []
    groups = quantile_groups(numbers)
    shown = {
        name: [mean_and_half_interval(values[users]) for users in groups.values()]
        for name, values in every.items()
        if values is not None and len(values) == len(numbers)
    }
    if len(groups) < 2 or not shown:
        return []
    what = f"difference in {block.metric}" if block.baselines else block.metric
    title = f"{block.title}: {what} by {words}"
    caption = CAPTION + (f" Differences from {block.baseline_name}." if block.baselines else "")
    alt = "; ".join(
        f"{name}: {', '.join(number(mean) for mean, _ in spreads)}"
        for name, spreads in shown.items()
    )
    labels = [f"{words}\nn = {users.sum()}" for words, users in groups.items()]
    figure = _figure(block, shown, labels)
    figure.axes[0].set(xlabel=words, ylabel=what)
    return [Picture(file_name(column, block.title), title, caption, alt, figure)]


def _values(block: Block, one: Configuration) -> Float[np.ndarray, " U"] | None:
    """Each user's gain over the baseline; where there is no baseline, its value."""
    if not block.baselines:
        return user_means(one, block.metric)
    return None if one in block.baselines else gains(one, block.baseline(one), block.metric)


def quantile_groups(numbers: Float[np.ndarray, " U"]) -> dict[str, Bool[np.ndarray, " U"]]:
    """Users by their number, in groups about as large as each other: `3 to 5` and who is in it."""
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, GROUPS + 1)[1:], method="lower"))
    place = np.searchsorted(edges, numbers, side="left")
    groups = {}
    for each in range(len(edges)):
        users = place == each
        low, high = numbers[users].min(), numbers[users].max()
        ends = dict.fromkeys(f"{end:.0f}" if end >= LARGE else f"{end:.3g}" for end in (low, high))
        name = " to ".join(ends)
        groups[name if name not in groups else f"{low:g} to {high:g}"] = users
    return groups


def mean_and_half_interval(values: Float[np.ndarray, " U"]) -> tuple[float, float]:
    """The mean over users, and half of its 95 % interval after Student; 0 of one user."""
    from scipy import stats

    if len(values) < 2:
        return float(values.mean()), 0.0
    error = values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(stats.t.ppf(0.975, len(values) - 1) * error)


def _figure(block: Block, shown: dict[str, list[tuple[float, float]]], labels: list[str]) -> Figure:
    """A point a group, those of several configurations side by side."""
    figure = Figure(figsize=(WIDTH, 2.7), layout="constrained")
    axes = figure.add_subplot()
    for i, (name, spreads) in enumerate(shown.items()):
        places = np.arange(len(labels)) + (i - (len(shown) - 1) / 2) * 0.12
        means, halves = zip(*spreads, strict=True)
        axes.errorbar(places, means, halves, fmt="o", ms=4, lw=1.2, color=block.colours[name])
    if block.baselines:
        axes.axhline(0, color=INK, lw=0.8)
    axes.set_xticks(range(len(labels)), labels, fontsize=7)
    axes.grid(visible=False, axis="x")
    legend(figure, {name: block.colours[name] for name in shown})
    return figure
