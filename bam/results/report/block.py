"""Configurations that share a figure: which is the best, what they are compared with, colours."""

import json
from dataclasses import dataclass
from statistics import fmean

from bam.results.compare import Difference, nearest
from bam.results.configuration import Configuration
from bam.results.metrics import Metrics, seed_values
from bam.results.report.style import OTHER
from bam.results.report.values import Part, seeds


@dataclass(frozen=True)
class Block:
    """Configurations on the same data under the same evaluation."""

    title: str
    configurations: list[Configuration]
    colours: dict[str, str]  # by name, of those that are highlighted; the others are grey
    metrics: Metrics
    judged: Part  # which users choose the best: those of the test where validation has no metric
    baselines: list[Configuration]  # those that the view names; where it names none, the best
    differences: dict[str, Difference]  # of the metric from the nearest baseline, by name

    @property
    def metric(self) -> str:
        """The metric that figures show."""
        return self.metrics.compared

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
    def keys(self) -> list[str]:
        """The settings that differ between the measured ones."""
        labels = [one.label for one in self.measured]
        return [key for key in (labels or [{}])[0] if len({_text(la[key]) for la in labels}) > 1]

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


def best_first(ones: list[Configuration], metrics: Metrics, part: Part) -> list[Configuration]:
    """Ordered by the mean over seeds of the compared metric; those that lack it come last."""
    sign = 1 if metrics.compared in metrics.lower_is_better else -1

    def order(one: Configuration) -> float:
        values = seeds(one, metrics.compared, part)
        return sign * fmean(values) if values else float("inf")

    return sorted(ones, key=order)


def _text(value: object) -> str:
    return json.dumps(value, default=str)
