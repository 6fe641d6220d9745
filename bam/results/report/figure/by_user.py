"""Each test user's value beside its value under the baseline."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bam.results.report.block import Block
from bam.results.report.figure.legend import wrap
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import INK, OTHER, WIDTH
from bam.results.report.values import Pairs, pairs

MOST = 4  # panels, those of the best
CELLS = 20  # on each axis, in which users are counted
CAPTION = (
    "Each dot is all test users with these values, averaged over seeds; its area grows with the "
    "root of their number. {} the diagonal a user gains over {}."
)


def by_user(block: Block) -> list[Picture]:
    """A panel for each of the best configurations that users can be paired with the baseline."""
    found: dict[str, Pairs] = {}
    for one in (one for one in block.best_first if one.name in block.differences):
        both = pairs(one, block.baseline(one), block.metric)
        if both is not None and len(found) < MOST:
            found[one.name] = both
    if not found:
        return []
    columns = min(2, len(found))
    rows = -(-len(found) // columns)
    height = 3.4 if columns == 1 else 0.5 + 2.4 * rows
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    shared = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    panels: list[Axes] = shared.flatten().tolist()
    for axes, (name, both) in zip(panels, found.items(), strict=False):
        _draw(axes, both, block.colours.get(name, OTHER))
        axes.set_title(f"{wrap(name, 30)}\n{shares(both, block.sign)}", fontsize=8)
    for axes in panels[len(found) :]:
        axes.set_visible(False)
    for axes in shared[-1]:
        axes.set_xlabel(wrap(f"under {block.baseline_name}", 30), fontsize=8)
    for axes in shared[:, 0]:
        axes.set_ylabel(block.metric)
    title = f"{block.title}: {block.metric} of each user"
    alt = "; ".join(f"{name}: {shares(both, block.sign)}" for name, both in found.items())
    side = "Above" if block.sign > 0 else "Below"
    caption = CAPTION.format(side, block.baseline_name)
    return [Picture(file_name("users", block.title), title, caption, alt, figure)]


def shares(both: Pairs, sign: int) -> str:
    """Which share of the users gains, and which loses; `sign` is -1 where lower is better."""
    gain = sign * both.gain
    return f"{np.mean(gain > 0):.0%} gain, {np.mean(gain < 0):.0%} lose"


def counted(both: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """The mean values (reference, one) of users in the same cell, and how many they are."""
    points = np.stack([both.reference, both.one], 1)
    top = max(float(points.max()), 1e-12)
    cells = np.rint(points / top * CELLS).astype(int)
    _, place, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    sums = np.zeros((len(count), 2))
    np.add.at(sums, place, points)
    return sums / count[:, None], count


def _draw(axes: Axes, both: Pairs, colour: str) -> None:
    points, count = counted(both)
    top = points.max()
    axes.plot([0, top], [0, top], color=INK, lw=0.8, zorder=1)
    area = 160 * np.sqrt(count / count.sum())
    axes.scatter(points[:, 0], points[:, 1], s=area, color=colour, alpha=0.55, lw=0, zorder=2)
    axes.set_aspect("equal")
