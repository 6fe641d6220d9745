"""One row a configuration: its metrics over its seeds, and its difference from a baseline."""

from collections import Counter
from itertools import groupby
from typing import Any

from bam.results.compare import Difference, compare
from bam.results.configuration import Configuration
from bam.results.label import DATA
from bam.results.metrics import Metrics, mean, seed_values
from bam.results.published import Source, published
from bam.results.render.sheet import Cell, Sheet, value_cell
from bam.results.render.text import heading, number, spread
from bam.results.view import View

EMPTY = Cell("", "")


def summary(configurations: list[Configuration], view: View) -> Sheet:
    """Mean ± standard deviation over seeds; the best of each data set is marked.

    Raises:
        Mistake: a metric that no run holds, a baseline that does not fit, or an unknown source.
    """
    metrics, keys = Metrics.of(configurations, view), list(configurations[0].label)
    best = _best(configurations, metrics)
    compared = view.baseline and compare(configurations, view.baseline, metrics.compared)
    differences = compared or {}
    sources = _sources(view, configurations)
    rows = []
    for _, members in groupby(enumerate(configurations), lambda pair: pair[1].label["dataset"]):
        group = dict(members)
        for place, one in group.items():
            figures = [_figure(one, metric, best) for metric in metrics.shown]
            gain = _difference(differences[place]) if place in differences else []
            label = [value_cell(key, value) for key, value in one.label.items()]
            rows.append([*label, _seeds(one), *figures, *gain])
        rows += _references(sources, list(group.values()), keys, metrics.shown)
    head = [*map(heading, keys), "seeds", *metrics.shown]
    if view.baseline:
        head += [f"Δ {metrics.compared} [95 %]", "p (Holm)"]
    rows = [row + [EMPTY] * (len(head) - len(row)) for row in rows]
    notes = _notes(configurations, view, metrics, len(differences), sources)
    return Sheet(head, len(keys), rows, notes)


def _best(configurations: list[Configuration], metrics: Metrics) -> dict[tuple[str, str], float]:
    """The best mean of each metric in each block of comparable configurations."""
    best: dict[tuple[str, str], float] = {}
    for metric in metrics.shown:
        held = [one for one in configurations if seed_values(one, metric)]
        for one in sorted(held, key=lambda one: metrics.quality(one, metric)):
            best[one.block, metric] = mean(one, metric)
    return best


def _seeds(one: Configuration) -> Cell:
    finished = len(one.finished)
    others = Counter(run.status for run in one.runs if run.status != "finished")
    notes = [f"{count} {status}" for status, count in others.items()]
    return Cell(", ".join([str(finished), *notes] if finished else notes), finished)


def _figure(one: Configuration, metric: str, best: dict[tuple[str, str], float]) -> Cell:
    values = seed_values(one, metric)
    if not values:
        return EMPTY
    is_best = mean(one, metric) == best[one.block, metric]
    return Cell(spread(values), mean(one, metric), "best" if is_best else "plain")


def _difference(gain: Difference) -> list[Cell]:
    low, high = number(gain.low), number(gain.high)
    p = "< .001" if gain.p < 0.001 else number(gain.p, 3)
    return [Cell(f"{number(gain.mean)} [{low}, {high}]", gain.mean), Cell(p, gain.p)]


def _sources(view: View, configurations: list[Configuration]) -> list[Source]:
    """The published sources of the view that have a row of these data sets."""
    names = _datasets(configurations)
    sources = map(published, view.published)
    return [source for source in sources if any(row.dataset in names for row in source.rows)]


def _datasets(configurations: list[Configuration]) -> set[Any]:
    pairs = ((one.label["dataset"], one.config.get("dataset.name")) for one in configurations)
    return {name for pair in pairs for name in pair}


def _references(
    sources: list[Source], group: list[Configuration], keys: list[str], metrics: list[str]
) -> list[list[Cell]]:
    """A row for each published method on this data set, named in the column of backbones."""
    dataset, names = group[0].label["dataset"], _datasets(group)
    rows = []
    for row in (row for source in sources for row in source.rows if row.dataset in names):
        label = {"dataset": dataset, "backbone": row.method}
        words = [Cell(label.get(key, ""), label.get(key, ""), "published") for key in keys]
        figures = [_reference(row.figures.get(metric)) for metric in metrics]
        rows.append([*words, Cell("published", 0, "published"), *figures])
    return rows


def _reference(figure: float | None) -> Cell:
    return EMPTY if figure is None else Cell(number(figure), figure, "published")


def _notes(
    configurations: list[Configuration],
    view: View,
    metrics: Metrics,
    comparisons: int,
    sources: list[Source],
) -> list[str]:
    notes = [
        "Mean ± standard deviation over seeds. Bold: best of the same data, split and protocol."
    ]
    if DATA in configurations[0].label:
        notes.append("data: the checksum of each row's data, which differ under one name.")
    lower = [name for name in metrics.shown if name in metrics.lower_is_better]
    if lower:
        notes.append(f"Lower is better: {', '.join(lower)}.")
    hidden = len(metrics.names) - len(metrics.shown)
    if hidden:
        notes.append(f"{hidden} more metrics are in results.csv; --metrics chooses the columns.")
    if view.baseline:
        baseline = ", ".join(f"{key}={value}" for key, value in view.baseline.items())
        notes.append(
            f"Δ: difference from {baseline}, paired over users, each averaged over the seeds that "
            f"both have; 95 % confidence interval and p of a paired t test, p corrected for "
            f"{comparisons} comparisons (Holm)."
        )
    return notes + [f"In italics: {source.source}; {source.how}." for source in sources]
