"""Configurations that share a figure: which is the best, what they are compared with, colours."""

from dataclasses import dataclass

from bam.results.compare import Difference, nearest
from bam.results.configuration import Configuration
from bam.results.label import different_keys
from bam.results.metrics import Metrics, Users, seed_values
from bam.results.report.style import OTHER

USERS: dict[Users, str] = {"valid": "validation", "test": "test"}


@dataclass(frozen=True)
class Block:
    """Configurations on the same data under the same evaluation."""

    title: str
    configurations: list[Configuration]
    colours: dict[str, str]  # by name, of those that are highlighted; the others are grey
    metrics: Metrics
    judged: Users  # which users choose the best: those of the test where validation has no figures
    baselines: list[Configuration]  # those that the view names; where it names none, the best
    differences: dict[str, Difference]  # of the metric from the nearest baseline, by name
    comparisons: int  # for which the intervals hold together

    @property
    def metric(self) -> str:
        """The metric that figures show."""
        return self.metrics.compared

    @property
    def sign(self) -> int:
        """Of a gain in the metric; -1 where lower is better."""
        return self.metrics.sign(self.metric)

    @property
    def measured(self) -> list[Configuration]:
        """Those with a finished run that holds the metric."""
        return [one for one in self.configurations if seed_values(one, self.metric)]

    @property
    def best_first(self) -> list[Configuration]:
        """The measured ones; of several that are equal, the first of the block first."""
        return best_first(self.measured, self.metrics, self.judged)

    @property
    def highlighted(self) -> list[Configuration]:
        """Those with a colour, in the order of the block."""
        return [one for one in self.configurations if one.name in self.colours]

    @property
    def users(self) -> list[Users]:
        """Of which users the metric is known: of the validation where all have it, of the test."""
        known = all(seed_values(one, self.metric, "valid") for one in self.measured)
        return ["valid", "test"] if known else ["test"]

    @property
    def judge(self) -> str:
        """What chooses the best, in words."""
        metric = self.metrics.chooses if self.judged == "valid" else self.metric
        return f"{metric} of the {USERS[self.judged]} users"

    @property
    def keys(self) -> list[str]:
        """The settings that differ between the measured ones."""
        return different_keys([one.label for one in self.measured])

    @property
    def baseline_name(self) -> str:
        """One baseline's name, or that there are several."""
        names = [one.name for one in self.baselines]
        return names[0] if len(names) == 1 else "the nearest baseline"

    def baseline(self, one: Configuration) -> Configuration:
        """What the configuration is compared with: the baseline whose label is the most similar."""
        return nearest(one, self.baselines)

    def colour(self, one: Configuration) -> str:
        """Its colour; grey without one."""
        return self.colours.get(one.name, OTHER)


def best_first(ones: list[Configuration], metrics: Metrics, judged: Users) -> list[Configuration]:
    """By the metric that chooses, of validation users; else by the compared one, of test users."""
    metric = metrics.chooses if judged == "valid" else metrics.compared
    return sorted(ones, key=lambda one: -metrics.quality(one, metric, judged))
