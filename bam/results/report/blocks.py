"""Configurations as blocks whose figures may be compared."""

from collections.abc import Mapping
from dataclasses import replace

from bam.errors import Mistake
from bam.results.compare import Difference, compare_with, meets
from bam.results.configuration import COMPARABLE, Configuration
from bam.results.keys import is_below
from bam.results.label import short_names
from bam.results.metrics import Metrics, Users, seed_values
from bam.results.render.text import setting_text
from bam.results.report.block import Block, best_first
from bam.results.report.style import COLOURS
from bam.results.view import View


def blocks(
    configurations: list[Configuration],
    view: View,
    metrics: Metrics,
    known: Mapping[int, Difference],
) -> list[Block]:
    """One for all configurations whose figures may be compared.

    `known` are the differences from the view's baseline, by place in the list.
    """
    groups: dict[str, list[int]] = {}
    for place, one in enumerate(configurations):
        groups.setdefault(one.block, []).append(place)
    titles = _titles([configurations[places[0]] for places in groups.values()])
    found = []
    for title, places in zip(titles, groups.values(), strict=True):
        group = _rename([configurations[place] for place in places])
        by_place = zip(group, places, strict=True)
        differences = {one.name: known[place] for one, place in by_place if place in known}
        block = _block(title, group, differences, view, metrics)
        found.append(replace(block, comparisons=len(known) or block.comparisons))
    return found


def _block(
    title: str,
    group: list[Configuration],
    differences: dict[str, Difference],
    view: View,
    metrics: Metrics,
) -> Block:
    measured = [one for one in group if seed_values(one, metrics.compared)]
    has_valid = all(seed_values(one, metrics.chooses, "valid") for one in measured)
    judged: Users = "valid" if measured and has_valid else "test"
    best = best_first(measured or group, metrics, judged)
    baselines = [one for one in best if view.baseline and meets(one, view.baseline)]
    colours = _colours(group, baselines[:1] + best)
    if not view.baseline and len(measured) > 1:
        baselines, differences = best[:1], _from_best(group, best[0], metrics.compared)
    count = len(differences)
    return Block(title, group, colours, metrics, judged, baselines, differences, count)


def _colours(group: list[Configuration], first: list[Configuration]) -> dict[str, str]:
    """While there are colours: the best baseline, then the best of all; in the group's order."""
    chosen = list(dict.fromkeys(one.name for one in first))[: len(COLOURS)]
    names = [one.name for one in group if one.name in chosen]
    return dict(zip(names, COLOURS, strict=False))


def _from_best(
    group: list[Configuration], best: Configuration, metric: str
) -> dict[str, Difference]:
    """The differences from the best, by name; none where users have no values to pair."""
    try:
        found = compare_with([best], group, metric)
    except Mistake:
        return {}
    return {group[place].name: difference for place, difference in found.items()}


def _rename(group: list[Configuration]) -> list[Configuration]:
    """Named after what differs in this group alone."""
    names = short_names([one.label for one in group])
    return [replace(one, name=name) for one, name in zip(group, names, strict=True)]


def _titles(ones: list[Configuration]) -> list[str]:
    """The data set and what else differs between blocks; numbered where no label does."""
    keys = [key for key in ones[0].label if key != "dataset" and is_below(key, COMPARABLE)]
    parts = [[setting_text("dataset", one.label["dataset"])] for one in ones]
    for key in keys:
        known = [
            [setting_text(key, v)] if (v := one.label[key]) is not None else [] for one in ones
        ]
        longer = [part + more for part, more in zip(parts, known, strict=True)]
        if len(set(map(tuple, longer))) > len(set(map(tuple, parts))):
            parts = longer
    titles: list[str] = []
    for title in map(", ".join, parts):
        same = sum(other.split(" #")[0] == title for other in titles)
        titles.append(f"{title} #{same + 1}" if same else title)
    return titles
