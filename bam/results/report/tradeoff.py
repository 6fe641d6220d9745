"""The picture of `bam tradeoff`: accuracy against diversity, and against the number of queries."""

from collections.abc import Callable

import matplotlib
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bam.results.report.figure.legend import wrap
from bam.results.report.picture import Picture
from bam.results.report.style import CLEAR, COLOURS, ORDERED, RC, WIDTH

HEIGHT = 2.6  # inches of a panel
CAPTION = (
    "Test users. Diversity: a point a factor of the reranking. Queries: a point a largest cosine "
    "of two interests that each send a query; union recall: the targets among all candidates. "
    "Band: the 95 % interval over users, of the first line."
)


def tradeoff_picture(frame: pl.DataFrame, name: str, title: str) -> Picture:
    """A panel for the diversity, where it has been varied, and two for the queries."""
    by_factor, by_queries = (
        frame.filter(pl.col("varied") == varied) for varied in ("factor", "queries")
    )
    panels: list[tuple[pl.DataFrame, Callable[[Axes, pl.DataFrame], None]]] = [
        (by_factor, _diversity),
        (by_queries, _merges),
        (by_queries, _candidates),
    ]
    shown = [(rows, draw) for rows, draw in panels if len(rows)]
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(WIDTH, HEIGHT * len(shown)), layout="constrained")
        figure.suptitle(f"{wrap(title, 60)}\nband: 95 % interval over users", fontsize=9)
        axes = figure.subplots(len(shown), squeeze=False)[:, 0]
        for one, (rows, draw) in zip(axes, shown, strict=True):
            draw(one, rows)
    return Picture(name, title, CAPTION, f"{title}: see the table", figure)


def _diversity(axes: Axes, rows: pl.DataFrame) -> None:
    """Accuracy against diversity, with the factor at each point."""
    accuracy, diversity = _metric(rows, "recall"), _metric(rows, "diversity")
    axes.plot(rows[diversity], rows[accuracy], "o-", color=CLEAR, ms=4)
    _band(axes, rows, diversity, accuracy, CLEAR)
    axes.margins(x=0.06)
    axes.set(xlabel=f"{diversity}; at each point the factor of the reranking", ylabel=accuracy)
    for x, y, factor in _apart(axes, rows.select(diversity, accuracy, "factor").rows()):
        axes.annotate(f"{factor:g}", (x, y), (0, 5), textcoords="offset points", fontsize=7)


def _apart(axes: Axes, points: list[tuple[float, float, float]]) -> list[tuple[float, ...]]:
    """The points (x, y, number) whose numbers do not overprint that of an earlier one."""
    shown: list[tuple[float, ...]] = []
    for point in points:
        places = axes.transAxes.inverted().transform(
            axes.transData.transform([(x, y) for x, y, *_ in (*shown, point)])
        )
        if (abs(places[:-1] - places[-1]) > (0.06, 0.09)).any(1).all():
            shown.append(point)
    return shown


def _merges(axes: Axes, rows: pl.DataFrame) -> None:
    """Accuracy of one list against the number of queries, by the way to merge."""
    accuracy = _metric(rows, "recall")
    groups = rows.partition_by("merge", maintain_order=True)
    for group, colour in zip(groups, COLOURS, strict=False):
        name = group["merge"][0].replace("_", " ")
        axes.plot(group["queries"], group[accuracy], "o-", color=colour, ms=4, label=name)
    _band(axes, groups[0], "queries", accuracy, COLOURS[0])
    _finish(axes, f"{accuracy} of one list")


def _band(axes: Axes, rows: pl.DataFrame, x: str, y: str, colour: str) -> None:
    """The 95 % interval over users."""
    half = 1.96 * rows["error"]
    axes.fill_between(rows[x], rows[y] - half, rows[y] + half, color=colour, alpha=0.12, lw=0)


def _candidates(axes: Axes, rows: pl.DataFrame) -> None:
    """Union recall against the number of queries, by the number of candidates."""
    names = [name for name in rows.columns if name.startswith("union_recall@")]
    once = rows.unique("max_cosine", keep="first", maintain_order=True)
    for i, name in enumerate(names):
        colour = matplotlib.colormaps[ORDERED](0.85 * i / max(len(names) - 1, 1))
        label = f"{name.partition('@')[2]} candidates" if i == 0 else name.partition("@")[2]
        axes.plot(once["queries"], once[name], "o-", color=colour, ms=4, label=label)
    axes.set_ylim(bottom=0)
    _finish(axes, "union recall")


def _finish(axes: Axes, what: str) -> None:
    """The names of the lines above them, and the whole numbers of queries below."""
    axes.set(xlabel="queries of a user, mean", ylabel=what)
    axes.set_xlim(0.9, max(2.0, axes.dataLim.x1) + 0.1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, columnspacing=1.2)


def _metric(rows: pl.DataFrame, name: str) -> str:
    """The column of a metric at its cutoff, such as recall@20."""
    return next(column for column in rows.columns if column.startswith(f"{name}@"))
