"""Configurations that may stand in one figure, and the colour of each."""

from dataclasses import dataclass, replace

from bam.results.compare import meets
from bam.results.configuration import COMPARABLE, Configuration, below, names
from bam.results.render.wording import told
from bam.results.report.style import COLOURS, OTHER
from bam.results.summary import Asked, reached


@dataclass(frozen=True)
class Block:
    """Configurations on the same data under the same evaluation."""

    title: str
    configurations: list[Configuration]
    colours: dict[str, str]  # by name, for those that are told apart; the others are grey
    metric: str

    def colour(self, one: Configuration) -> str:
        return self.colours.get(one.name, OTHER)

    def mean(self, one: Configuration) -> float:
        return reached(one, self.metric)

    @property
    def told_apart(self) -> list[Configuration]:
        return [one for one in self.configurations if one.name in self.colours]


def blocks(configurations: list[Configuration], asked: Asked) -> list[Block]:
    """One for all configurations whose figures may be compared."""
    groups: dict[str, list[Configuration]] = {}
    for one in configurations:
        groups.setdefault(one.block, []).append(one)
    titles = _titles([group[0] for group in groups.values()])
    named = [_named(group) for group in groups.values()]
    return [Block(title, group, _colours(group, asked), asked.metric)
            for title, group in zip(titles, named, strict=True)]  # fmt: skip


def _named(group: list[Configuration]) -> list[Configuration]:
    """Named after what differs in this group alone."""
    short = names([one.label for one in group])
    return [replace(one, name=name) for one, name in zip(group, short, strict=True)]


def _colours(group: list[Configuration], asked: Asked) -> dict[str, str]:
    """As far as colours go: the best baseline, then the best of all; in the order of the group."""
    best = sorted(group, key=lambda one: -reached(one, asked.metric))
    baseline = [one for one in best if asked.baseline and meets(one, asked.baseline)][:1]
    apart = {one.name: one for one in baseline + best}
    names = list(apart)[: len(COLOURS)]
    return dict(zip([one.name for one in group if one.name in names], COLOURS, strict=False))


def _titles(ones: list[Configuration]) -> list[str]:
    """The data set and what else makes figures comparable; numbered where that tells no more."""
    titles: list[str] = []
    for one in ones:
        keys = [key for key in one.label if key == "dataset" or below(key, COMPARABLE)]
        title = ", ".join(told(key, one.label[key]) for key in keys if one.label[key] is not None)
        same = sum(known.split(" #")[0] == title for known in titles)
        titles.append(f"{title} #{same + 1}" if same else title)
    return titles
