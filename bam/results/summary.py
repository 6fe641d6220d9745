"""One row a configuration: its metrics over its seeds, and its difference from a baseline."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby

from bam.results.compare import Difference, compare
from bam.results.configuration import Configuration
from bam.results.figures import figure_cell, figure_names
from bam.results.metrics import Metrics, mean, seed_values
from bam.results.notes import hints, notes
from bam.results.reference import references, sources
from bam.results.render.sheet import CHOSEN, EMPTY, SEEDS, VALID, Cell, Sheet, value_cell
from bam.results.render.text import bound, number, p_value, spread, symbol
from bam.results.view import View


def summary(configurations: list[Configuration], view: View) -> Sheet:
    """Mean ± standard deviation over seeds, on test users and on validation users.

    The best of the test users is marked, and so is the row that the validation users would choose.

    Raises:
        Mistake: a metric that no run holds, a baseline that does not fit, or an unknown source.
    """
    return summary_of(configurations, view, *measure(configurations, view))


def measure(
    configurations: list[Configuration], view: View
) -> tuple[Metrics, dict[int, Difference]]:
    """The metrics, and the differences from the baseline where the view has one.

    Raises:
        Mistake: a metric that no run holds, or a baseline that does not fit.
    """
    metrics = Metrics.of(configurations, view)
    if not view.baseline:
        return metrics, {}
    return metrics, compare(configurations, view.baseline, metrics.compared)


def summary_of(
    configurations: list[Configuration],
    view: View,
    metrics: Metrics,
    differences: dict[int, Difference],
) -> Sheet:
    """The summary of what is measured already."""
    keys, figures = list(configurations[0].label), figure_names(view.others, metrics.names)
    cited, marks = sources(view.published, configurations), _marks(configurations, metrics)
    gain = [f"Δ {metrics.compared} [95 %]", "p"] if view.baseline else []
    valid = [VALID + metric for metric in metrics.validated]
    head = [*map(symbol, keys), SEEDS, *metrics.shown, *valid, *figures, *gain]
    blocks = []
    for group in _by_dataset(configurations):
        rows = [
            [*_label(one), _seeds(one), *_metrics(one, metrics, marks)]
            + [figure_cell(one, name) for name in figures]
            + (gain_cells(differences[place]) if place in differences else [])
            for place, one in group.items()
        ]
        blocks.append(rows + references(cited, list(group.values()), keys, metrics.shown))
    return Sheet(
        head,
        len(keys),
        [row + [EMPTY] * (len(head) - len(row)) for block in blocks for row in block],
        notes=notes(configurations, view, metrics, differences, cited),
        breaks=tuple(accumulate(map(len, blocks[:-1]), initial=0)),
        important=(metrics.compared, VALID + metrics.chooses, *gain),
        hints=hints(view, metrics),
    )


def _by_dataset(configurations: list[Configuration]) -> Iterator[dict[int, Configuration]]:
    """Of each data set its configurations, by their place."""
    placed = groupby(enumerate(configurations), lambda pair: pair[1].label["dataset"])
    return (dict(members) for _, members in placed)


def _label(one: Configuration) -> list[Cell]:
    return [value_cell(key, value) for key, value in one.label.items()]


@dataclass(frozen=True)
class Marks:
    """What is marked in each block of comparable configurations."""

    best: dict[tuple[str, str], float]  # by block and metric: the best mean of the test users
    chosen: list[Configuration]  # what the validation users would choose

    def has(self, one: Configuration) -> bool:
        """Whether validation would choose it."""
        return any(one is other for other in self.chosen)


def _marks(configurations: list[Configuration], metrics: Metrics) -> Marks:
    best: dict[tuple[str, str], float] = {}
    for metric in metrics.shown:
        held = [one for one in configurations if seed_values(one, metric)]
        for one in sorted(held, key=lambda one: metrics.quality(one, metric)):
            best[one.block, metric] = mean(one, metric)
    return Marks(best, metrics.chosen_rows(configurations))


def _seeds(one: Configuration) -> Cell:
    finished = len(one.finished)
    others = Counter(run.status for run in one.runs if run.status != "finished")
    notes = [f"{count} {status}" for status, count in others.items()]
    return Cell(", ".join([str(finished), *notes] if finished else notes), finished)


def _metrics(one: Configuration, metrics: Metrics, marks: Marks) -> list[Cell]:
    """Of the test users, then of the validation users."""
    return [_test(one, metric, marks) for metric in metrics.shown] + [
        _valid(one, metric, metric == metrics.chooses and marks.has(one))
        for metric in metrics.validated
    ]


def _test(one: Configuration, metric: str, marks: Marks) -> Cell:
    values = seed_values(one, metric)
    if not values:
        return EMPTY
    is_best = mean(one, metric) == marks.best[one.block, metric]
    return Cell(spread(values), mean(one, metric), "best" if is_best else "plain")


def _valid(one: Configuration, metric: str, is_chosen: bool) -> Cell:
    values = seed_values(one, metric, "valid")
    if not values:
        return EMPTY
    return Cell(spread(values) + CHOSEN * is_chosen, mean(one, metric, "valid"))


def gain_cells(gain: Difference) -> list[Cell]:
    """Mean and interval in one cell, and p."""
    interval = f"[{bound(gain.low)}, {bound(gain.high)}]"
    return [Cell(f"{number(gain.mean)} {interval}", gain.mean), Cell(p_value(gain.p), gain.p)]
