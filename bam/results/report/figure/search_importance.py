"""How much each option of a search explains of the order of the trials."""

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from bam.results.report.block import Block
from bam.results.report.figure.rows import BAR, Rows
from bam.results.report.picture import Picture, file_name
from bam.results.report.search import Search, search
from bam.results.report.style import CLEAR, WIDTH

FEWEST = 5  # trials
CAPTION = (
    "Share of the variance of the trials' ranks that the option explains alone: of a number, the "
    "square of Spearman's correlation; of a choice, the variance between its groups. It sees no "
    "optimum in the middle of a range and no interaction; the figure of each option shows them."
)


def search_importance(block: Block) -> list[Picture]:
    """A bar an option, the most important on top; none unless the block is a search."""
    found = search(block)
    if found is None or len(found.finished) < FEWEST:
        return []
    shares = sorted(importance(found).items(), key=lambda pair: -pair[1])
    rows = Rows.of([name for name, _ in shares], 30)
    figure = Figure(figsize=(WIDTH, 0.7 + rows.height), layout="constrained")
    axes = figure.add_subplot(xlabel="share of the variance of ranks")
    axes.barh(rows.places, [share for _, share in shares], color=CLEAR, height=BAR)
    rows.label(axes)
    for place, (_, share) in zip(rows.places, shares, strict=True):
        axes.text(share + 0.015, place, f"{share:.2f}", va="center", fontsize=7)
    axes.set_xlim(0, 1.08)
    title = f"{block.title}: importance of the options"
    alt = "; ".join(f"{name}: {share:.2f}" for name, share in shares)
    return [Picture(file_name("importance", block.title), title, CAPTION, alt, figure)]


def importance(found: Search) -> dict[str, float]:
    """Of each option, the share of the variance of ranks that it explains, from 0 to 1."""
    rank = stats.rankdata([trial.value for trial in found.finished])
    settings = {key: [trial.settings[key] for trial in found.finished] for key in found.options}
    return {key: _explained(values, rank) for key, values in settings.items()}


def _explained(values: list, rank: np.ndarray) -> float:
    """Of numbers, Spearman's correlation squared; of choices, eta squared."""
    if len({str(value) for value in values}) < 2 or not rank.std():
        return 0.0
    if all(isinstance(value, int | float) for value in values):
        return float(np.corrcoef(stats.rankdata(values), rank)[0, 1] ** 2)
    names = np.array([str(value) for value in values])
    means = {name: rank[names == name].mean() for name in set(names.tolist())}
    return float(np.var([means[name] for name in names.tolist()]) / np.var(rank))
