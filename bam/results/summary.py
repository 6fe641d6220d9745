"""One row a configuration: what it reached over its seeds, and what it gains over a baseline."""

import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bam.results.compare import Difference, compare
from bam.results.configuration import Configuration
from bam.results.published import Source, published
from bam.results.render.sheet import Cell, Sheet, named
from bam.results.render.wording import heading, number, spread

EMPTY = Cell("", "")


@dataclass(frozen=True)
class Asked:
    """What a table shows beside what was measured."""

    baseline: Mapping[str, Any]  # what is true of it, such as selection: hard; or no comparison
    metric: str  # what is compared
    published: list[str]  # names in bam.results.published


def summary(configurations: list[Configuration], asked: Asked) -> Sheet:
    """Mean ± standard deviation over seeds; the best of each data set is marked.

    Raises:
        Mistake: a baseline that does not fit, or an unknown published source.
    """
    metrics, keys = reported(configurations), list(configurations[0].label)
    best = _best(configurations, metrics)
    gains = compare(configurations, asked.baseline, asked.metric) if asked.baseline else {}
    sources = _sources(asked, configurations)
    rows = []
    for _, members in groupby(enumerate(configurations), lambda pair: pair[1].label["dataset"]):
        group = dict(members)
        for place, one in group.items():
            figures = [_figure(one, metric, best) for metric in metrics]
            gain = _gain(gains[place]) if place in gains else []
            label = [named(key, value) for key, value in one.label.items()]
            rows.append([*label, _seeds(one), *figures, *gain])
        rows += _references(sources, list(group.values()), keys, metrics)
    head = [*map(heading, keys), "seeds", *metrics, *_gain_head(asked)]
    rows = [row + [EMPTY] * (len(head) - len(row)) for row in rows]
    return Sheet(head, len(keys), rows, _notes(asked, len(gains), sources))


def reported(configurations: list[Configuration]) -> list[str]:
    """The recalls and nDCGs that runs were tested with."""
    tests = (run.results["test"] for one in configurations for run in one.finished)
    names = dict.fromkeys(name for test in tests for name in test)
    return [name for name in names if name.startswith(("recall@", "ndcg@"))]


def tested(one: Configuration, metric: str) -> list[float]:
    """What each seed reached."""
    return [run.results["test"][metric] for run in one.finished if metric in run.results["test"]]


def reached(one: Configuration, metric: str) -> float:
    """The mean over seeds; 0 while none has finished."""
    return statistics.fmean(tested(one, metric) or [0.0])


def _best(configurations: list[Configuration], metrics: list[str]) -> set[tuple[str, str, float]]:
    """Block, metric and mean of what leads."""
    means: dict[tuple[str, str], float] = {}
    for one in configurations:
        for metric in metrics:
            place = one.block, metric
            means[place] = max(means.get(place, 0.0), reached(one, metric))
    return {(*place, mean) for place, mean in means.items()}


def _seeds(one: Configuration) -> Cell:
    finished = len(one.finished)
    others = Counter(run.status for run in one.runs if run.status != "finished")
    notes = [f"{count} {status}" for status, count in others.items()]
    return Cell(", ".join([str(finished), *notes] if finished else notes), finished)


def _figure(one: Configuration, metric: str, best: set[tuple[str, str, float]]) -> Cell:
    values = tested(one, metric)
    if not values:
        return EMPTY
    mean = reached(one, metric)
    return Cell(spread(values), mean, "best" if (one.block, metric, mean) in best else "plain")


def _gain_head(asked: Asked) -> list[str]:
    return [f"Δ {asked.metric} [95 %]", "p (Holm)"] if asked.baseline else []


def _gain(gain: Difference) -> list[Cell]:
    p = "< .001" if gain.p < 0.001 else number(gain.p, 3)
    return [
        Cell(f"{number(gain.mean)} [{number(gain.low)}, {number(gain.high)}]", gain.mean),
        Cell(p, gain.p),
    ]


def _sources(asked: Asked, configurations: list[Configuration]) -> list[Source]:
    """Those of the sources asked for that know these data sets."""
    names = _datasets(configurations)
    sources = map(published, asked.published)
    return [source for source in sources if any(row.dataset in names for row in source.rows)]


def _datasets(configurations: list[Configuration]) -> set[Any]:
    told = ((one.label["dataset"], one.config.get("dataset.name")) for one in configurations)
    return {name for names in told for name in names}


def _references(
    sources: list[Source], group: list[Configuration], keys: list[str], metrics: list[str]
) -> list[list[Cell]]:
    """A row for each published method on this data set, named where a backbone's name stands."""
    dataset, names = group[0].label["dataset"], _datasets(group)
    rows = []
    for row in (row for source in sources for row in source.rows if row.dataset in names):
        label = {"dataset": dataset, "backbone": row.method}
        words = [Cell(label.get(key, ""), label.get(key, ""), "published") for key in keys]
        figures = [Cell(number(row.figures[metric]), row.figures[metric], "published")
                   if metric in row.figures else EMPTY for metric in metrics]  # fmt: skip
        rows.append([*words, Cell("published", 0, "published"), *figures])
    return rows


def _notes(asked: Asked, comparisons: int, sources: list[Source]) -> list[str]:
    notes = ["Mean ± standard deviation over seeds; the best of each data set in bold."]
    if asked.baseline:
        baseline = ", ".join(f"{key}={value}" for key, value in asked.baseline.items())
        notes.append(
            f"Δ: gain over {baseline}, paired over users, each averaged over the seeds that "
            f"both have; 95 % confidence interval and p of a paired t test, p corrected for "
            f"{comparisons} comparisons (Holm)."
        )
    return notes + [f"In italics: {source.source}; {source.how}." for source in sources]
