"""The metrics that finished runs hold: which is compared, which are shown, which way is better."""

import statistics
from dataclasses import dataclass

from bam.errors import require
from bam.results.configuration import Configuration
from bam.results.view import View

USUAL = "ndcg@10"  # compared where the view names no other
MOST = 9  # columns that a table has unless the view names more


@dataclass(frozen=True)
class Metrics:
    """Names as in results.json, and how a view uses them."""

    names: list[str]  # all that any run holds, in the order of the runs' configs
    lower_is_better: frozenset[str]
    compared: str
    shown: list[str]

    @staticmethod
    def of(configurations: list[Configuration], view: View) -> "Metrics":
        """What these configurations hold and the view shows.

        Raises:
            Mistake: the view names a metric that no finished run holds.
        """
        results = [run.results for one in configurations for run in one.finished]
        names = list(dict.fromkeys(name for result in results for name in result["test"]))
        lower = {name for result in results for name in result.get("lower_is_better", [])}
        compared = _compared(names, view.metric)
        return Metrics(names, frozenset(lower), compared, _shown(names, view.columns, compared))

    def best_first(self, configurations: list[Configuration]) -> list[Configuration]:
        """Ordered by the compared metric; those that do not hold it come last."""
        return sorted(configurations, key=lambda one: -self.quality(one, self.compared))

    def quality(self, one: Configuration, metric: str) -> float:
        """The mean over seeds, with a minus where lower is better; -inf where there is none."""
        if not seed_values(one, metric):
            return -float("inf")
        return -mean(one, metric) if metric in self.lower_is_better else mean(one, metric)


def seed_values(one: Configuration, metric: str) -> list[float]:
    """The value of each seed that holds the metric."""
    tests = [run.results["test"] for run in one.finished]
    return [test[metric] for test in tests if metric in test]


def mean(one: Configuration, metric: str) -> float:
    """The mean over seeds, of which at least one holds the metric."""
    return statistics.fmean(seed_values(one, metric))


def _compared(names: list[str], wanted: str) -> str:
    if not names:  # no run has finished
        return wanted or USUAL
    if not wanted:
        return USUAL if USUAL in names else names[0]
    require(wanted in names, f"metric must be one of {', '.join(names)}", wanted)
    return wanted


def _shown(names: list[str], wanted: list[str], compared: str) -> list[str]:
    """The wanted columns in their order; else all, or where they are many those at one cutoff."""
    for name in wanted if names else []:
        known = any(_matches(held, name) for held in names)
        require(known, f"metrics must be some of {', '.join(names)}", name)
    if wanted:
        matching = [held for name in wanted for held in names if _matches(held, name)]
        return list(dict.fromkeys(matching))
    if len(names) <= MOST:
        return names
    cutoffs = ("", compared.partition("@")[2])
    return [name for name in names if name.partition("@")[2] in cutoffs]


def _matches(held: str, wanted: str) -> bool:
    return wanted in (held, held.partition("@")[0])
