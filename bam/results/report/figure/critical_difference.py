"""Which methods differ over several data sets: mean ranks and critical difference.

Demšar, "Statistical comparisons of classifiers over multiple data sets" (JMLR 2006): Friedman's
test in the form of Iman and Davenport, then Nemenyi's.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from bam.results.configuration import COMPARABLE, Configuration
from bam.results.keys import is_below
from bam.results.metrics import mean
from bam.results.render.text import p_statement, setting_text
from bam.results.report.block import Block
from bam.results.report.figure.rows import GAP, Rows
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import CLEAR, INK, OTHER, WIDTH

FEWEST, MOST = 3, 20  # data sets, methods
ALPHA = 0.05
ABOVE = 0.25  # inches, for the critical difference
CAPTION = (
    "Test users. Dot: the mean rank over {N} data sets, 1 is the best; tick: the rank on each. A "
    "line on the right joins methods whose mean ranks differ by less than the critical difference "
    "of Nemenyi's test (CD = {cd:.2f} at the 5 % level). Friedman's test after Iman and Davenport: "
    "F = {f:.2f}, {p}{weak}."
)


@dataclass(frozen=True)
class Comparison:
    """Methods over N data sets, from the lowest mean rank on."""

    names: list[str]
    ranks: Float[np.ndarray, "N k"]
    f: float  # of Iman and Davenport
    p: float
    critical: float  # difference of mean ranks

    @property
    def means(self) -> Float[np.ndarray, " k"]:
        return self.ranks.mean(0)

    @property
    def cliques(self) -> list[tuple[int, int]]:
        """First and last of each longest group of methods that do not differ, if several."""
        reach = [int(np.sum(self.means < low + self.critical)) - 1 for low in self.means]
        pairs = [(i, last) for i, last in enumerate(reach) if last > i]
        return [(i, last) for i, last in pairs if i == 0 or reach[i - 1] < last]


def critical_difference(blocks: list[Block]) -> list[Picture]:
    """None unless two methods, and not too many, are measured on at least three data sets.

    Blocks of one data set, under several protocols, have the same users: they are no such sample.
    """
    values = _values(blocks)
    several = len({_data(block) for block in blocks}) == len(blocks) >= FEWEST
    if not several or not 2 <= len(values) <= MOST:
        return []
    table = np.array(list(values.values())).T
    found = compare_ranks(list(values), -blocks[0].sign * table)
    weak = "" if found.p < ALPHA else ": no difference is shown"
    words = {
        "N": len(blocks),
        "cd": found.critical,
        "f": found.f,
        "p": p_statement(found.p),
        "weak": weak,
    }
    title = f"Mean ranks by {blocks[0].metric} over {len(blocks)} data sets"
    pairs = zip(found.names, found.means, strict=True)
    alt = "; ".join(f"{name}: {rank:.2f}" for name, rank in pairs)
    name = file_name("critical_difference", blocks[0].metric)
    return [Picture(name, title, CAPTION.format(**words), alt, rank_figure(found))]


def compare_ranks(names: list[str], cost: Float[np.ndarray, "N k"]) -> Comparison:
    """Ranks on each data set, 1 for the lowest cost, equal ones share their mean.

    chi2 = 12 N / (k (k + 1)) (sum_j R_j^2 - k (k + 1)^2 / 4), F = (N - 1) chi2 / (N (k - 1) - chi2)
    with k - 1 and (k - 1) (N - 1) degrees of freedom, CD = q sqrt(k (k + 1) / (6 N)). Where all
    data sets agree, F is infinite: p is then exact, the chance that all have the first one's order.
    """
    N, k = cost.shape
    ranks = stats.rankdata(cost, axis=1)
    order = np.argsort(ranks.mean(0), kind="stable")
    chi2 = 12 * N / (k * (k + 1)) * (np.sum(ranks.mean(0) ** 2) - k * (k + 1) ** 2 / 4)
    rest = N * (k - 1) - chi2
    agree = rest <= 1e-9
    f = float("inf") if agree else (N - 1) * chi2 / rest
    q = stats.studentized_range.ppf(1 - ALPHA, k, np.inf) / np.sqrt(2)
    return Comparison(
        names=[names[i] for i in order],
        ranks=ranks[:, order],
        f=float(f),
        p=math.exp((1 - N) * math.lgamma(k + 1))  # k! orders
        if agree
        else float(stats.f.sf(f, k - 1, (k - 1) * (N - 1))),
        critical=float(q * np.sqrt(k * (k + 1) / (6 * N))),
    )


def _values(blocks: list[Block]) -> dict[str, list[float]]:
    """The metric of each method that every data set has, in the order of the data sets."""
    held = [{_method(one): mean(one, block.metric) for one in block.measured} for block in blocks]
    common = [name for name in held[0] if all(name in each for each in held)]
    return {name: [each[name] for each in held] for name in common}


def _data(block: Block) -> tuple[object, ...]:
    """What the data set is called; a file of the user is known by its path."""
    one = block.configurations[0]
    return one.label["dataset"], *map(one.config.get, ("dataset.name", "dataset.path"))


def _method(one: Configuration) -> str:
    """The label without what belongs to the data."""
    keys = [key for key in one.label if not is_below(key, COMPARABLE)]
    return ", ".join(setting_text(k, one.label[k]) for k in keys if one.label[k] not in (None, ""))


def rank_figure(found: Comparison) -> Figure:
    """Mean ranks, the rank on each data set, and lines that join what does not differ."""
    rows, k = Rows.of(found.names, 34), len(found.names)
    figure = Figure(figsize=(WIDTH, 0.9 + rows.height), layout="constrained")
    axes = figure.add_subplot(xlabel="rank")
    beside = axes.get_yaxis_transform()
    for place, ranks, rank in zip(rows.places, found.ranks.T, found.means, strict=True):
        axes.plot(ranks, [place] * len(ranks), "|", color=OTHER, ms=7)
        axes.plot(rank, place, "o", color=CLEAR, ms=6)
        axes.text(1.02, place, f"{rank:.2f}", transform=beside, va="center", fontsize=7)
    _cliques(axes, found, rows)
    rows.label(axes, above=ABOVE)
    axes.plot([1, 1 + found.critical], [-ABOVE / 2, -ABOVE / 2], color=INK, lw=1.5, marker="|")
    beyond = 1 + found.critical + 0.02 * k
    axes.text(beyond, -ABOVE / 2, "CD", va="center", fontsize=7)
    axes.set_xlim(1 - 0.03 * k, max(k, 1 + found.critical) * 1.03)
    return figure


def _cliques(axes: Axes, found: Comparison, rows: Rows) -> None:
    """Lines to the right of the numbers, one a group."""
    for i, (first, last) in enumerate(found.cliques):
        x, ends = 1.15 + 0.025 * i, [rows.places[first] - GAP / 2, rows.places[last] + GAP / 2]
        line = axes.plot([x, x], ends, color=INK, lw=2.5, transform=axes.get_yaxis_transform())
        line[0].set_clip_on(False)
    beyond = 1.15 + 0.025 * len(found.cliques)
    axes.text(beyond, 0, " ", transform=axes.transAxes)  # the layout makes room up to here
