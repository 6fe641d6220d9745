"""The metrics that finished runs hold: which is compared, shown, and chooses; which way is better.

Each is of test users or of validation users: "test" and "valid" are the names in results.json.
"""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bam.errors import require
from bam.results.configuration import Configuration
from bam.results.view import View
from bam.system.nearest import nearest

USUAL = "ndcg@10"  # compared where the view names no other
MOST = 6  # of test users that a table shows unless the view names more
Users = Literal["test", "valid"]


@dataclass(frozen=True)
class Metrics:
    """Names as in results.json, and how a view uses them."""

    names: list[str]  # all that any run holds, in the order of the runs' configs
    lower_is_better: frozenset[str]
    compared: str
    chooses: str  # of the validation users: trainer.metric, where all runs have the same
    shown: list[str]  # of test users
    validated: list[str]  # of validation users: those of them that validation measures

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
        chooses = _chooses(configurations) or compared
        measured = {name for result in results for name in result.get("valid", {})}
        some = _shown(names, view.columns, compared, chooses, measured)
        shown = list(dict.fromkeys([*some, *matching(view.others, names)]))
        validated = [name for name in dict.fromkeys([*shown, chooses]) if name in measured]
        return Metrics(names, frozenset(lower), compared, chooses, shown, validated)

    def best_first(self, configurations: list[Configuration]) -> list[Configuration]:
        """Ordered by the compared metric; those that do not hold it come last."""
        return sorted(configurations, key=lambda one: -self.quality(one, self.compared))

    def chosen(self, configurations: list[Configuration]) -> Configuration | None:
        """The one that validates best, in a metric that no test user has a part in.

        None where fewer than two hold it: nothing was chosen. Of equals, the first.
        """
        held = [one for one in configurations if seed_values(one, self.chooses, "valid")]
        if len(held) < 2:
            return None
        return max(held, key=lambda one: self.quality(one, self.chooses, "valid"))

    def chosen_rows(self, configurations: list[Configuration]) -> list[Configuration]:
        """The chosen one of each block of configurations whose figures may be compared."""
        blocks: dict[str, list[Configuration]] = {}
        for one in configurations:
            blocks.setdefault(one.block, []).append(one)
        found = map(self.chosen, blocks.values())
        return [one for one in found if one is not None]

    def quality(self, one: Configuration, metric: str, users: Users = "test") -> float:
        """The mean over seeds, with a minus where lower is better; -inf where there is none."""
        if not seed_values(one, metric, users):
            return -float("inf")
        return self.sign(metric) * mean(one, metric, users)

    def sign(self, metric: str) -> int:
        """Of a gain: -1 where lower is better."""
        return -1 if metric in self.lower_is_better else 1


def seed_values(one: Configuration, metric: str, users: Users = "test") -> list[float]:
    """The value of each seed that holds the metric."""
    figures = [run.results.get(users, {}) for run in one.finished]
    return [figure[metric] for figure in figures if metric in figure]


def mean(one: Configuration, metric: str, users: Users = "test") -> float:
    """The mean over seeds, of which at least one holds the metric."""
    return statistics.fmean(seed_values(one, metric, users))


def matching(wanted: Iterable[str], names: list[str]) -> list[str]:
    """The metrics that are named, in that order: recall is recall at all cutoffs."""
    found = (held for name in wanted for held in names if _matches(held, name))
    return list(dict.fromkeys(found))


def _chooses(configurations: list[Configuration]) -> str:
    """The metric that has chosen each run's weights, if it is one."""
    names = {one.config.get("trainer.metric") for one in configurations}
    return str(names.pop() or "") if len(names) == 1 else ""


def _compared(names: list[str], wanted: str) -> str:
    if not names:  # no run has finished
        return wanted or USUAL
    if not wanted:
        return USUAL if USUAL in names else names[0]
    near = nearest(wanted, names)
    meant = f" (did you mean {near}?)" if near else ""
    require(wanted in names, f"metric must be one of {', '.join(names)}{meant}", wanted)
    return wanted


def _shown(
    names: list[str], wanted: list[str], compared: str, chooses: str, measured: set[str]
) -> list[str]:
    """The wanted columns in their order; else all, or where they are many those at one cutoff.

    The cutoff is that of the compared metric; the metric that chooses is among them, and what has
    no cutoff and is measured at validation too.
    """
    for name in wanted if names else []:
        require(bool(matching([name], names)), f"metrics must be some of {', '.join(names)}", name)
    if wanted:
        return matching(wanted, names)
    if len(names) <= MOST:
        return names
    cutoff = compared.partition("@")[2]
    usual = {chooses, *(name for name in measured or names if "@" not in name)}
    return [name for name in names if name.partition("@")[2] == cutoff or name in usual]


def _matches(held: str, wanted: str) -> bool:
    return wanted in (held, held.partition("@")[0])
