"""Configurations that share a figure, and the colour of each."""

from dataclasses import dataclass, replace

from bam.results.compare import meets
from bam.results.configuration import COMPARABLE, Configuration
from bam.results.keys import is_below
from bam.results.label import short_names
from bam.results.metrics import Metrics, seed_values
from bam.results.render.text import setting_text
from bam.results.report.style import COLOURS, OTHER
from bam.results.view import View


@dataclass(frozen=True)
class Block:
    """Configurations on the same data under the same evaluation."""

    title: str
    configurations: list[Configuration]
    colours: dict[str, str]  # by name, of those that are highlighted; the others are grey
    metrics: Metrics

    @property
    def metric(self) -> str:
        """The metric that figures show."""
        return self.metrics.compared

    @property
    def measured(self) -> list[Configuration]:
        """Those with a finished run that holds the metric."""
        return [one for one in self.configurations if seed_values(one, self.metric)]

    @property
    def highlighted(self) -> list[Configuration]:
        """Those with a colour, in the order of the block."""
        return [one for one in self.configurations if one.name in self.colours]

    def colour(self, one: Configuration) -> str:
        """Its colour; grey without one."""
        return self.colours.get(one.name, OTHER)


def blocks(configurations: list[Configuration], view: View) -> list[Block]:
    """One for all configurations whose figures may be compared."""
    groups: dict[str, list[Configuration]] = {}
    for one in configurations:
        groups.setdefault(one.block, []).append(one)
    titles = _titles([group[0] for group in groups.values()])
    renamed = [_rename(group) for group in groups.values()]
    metrics = Metrics.of(configurations, view)
    return [
        Block(title, group, _colours(group, view, metrics), metrics)
        for title, group in zip(titles, renamed, strict=True)
    ]


def _rename(group: list[Configuration]) -> list[Configuration]:
    """Named after what differs in this group alone."""
    names = short_names([one.label for one in group])
    return [replace(one, name=name) for one, name in zip(group, names, strict=True)]


def _colours(group: list[Configuration], view: View, metrics: Metrics) -> dict[str, str]:
    """While there are colours: the best baseline, then the best of all; in the group's order."""
    best = metrics.best_first(group)
    baseline = [one for one in best if view.baseline and meets(one, view.baseline)][:1]
    first = list(dict.fromkeys(one.name for one in baseline + best))[: len(COLOURS)]
    names = [one.name for one in group if one.name in first]
    return dict(zip(names, COLOURS, strict=False))


def _titles(ones: list[Configuration]) -> list[str]:
    """The data set and what else makes figures comparable; numbered where two are equal."""
    titles: list[str] = []
    for one in ones:
        keys = [key for key in one.label if key == "dataset" or is_below(key, COMPARABLE)]
        known = [key for key in keys if one.label[key] is not None]
        title = ", ".join(setting_text(key, one.label[key]) for key in known)
        same = sum(other.split(" #")[0] == title for other in titles)
        titles.append(f"{title} #{same + 1}" if same else title)
    return titles
