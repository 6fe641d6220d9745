"""The two numbers of a selection that are drawn as axes."""

from typing import Any

from bam.results.configuration import Configuration
from bam.results.render.wording import told
from bam.results.report.block import Block

AXES = ("selection.tau", "selection.linear_size")


def at(one: Configuration, axis: str) -> Any:
    """Where the configuration stands; None where its selection has no such number."""
    return one.config.get(axis)


def varying(block: Block) -> list[str]:
    """The axes on which the finished configurations of the block have several places."""
    finished = [one for one in block.configurations if one.finished]
    return [axis for axis in AXES if len({at(one, axis) for one in finished} - {None}) > 1]


def by_rest(block: Block) -> dict[str, list[Configuration]]:
    """Finished configurations by whatever else tells them apart, the best group first."""
    finished = [one for one in block.configurations if one.finished]
    keys = [key for key in finished[0].label if key not in AXES
            and len({str(one.label[key]) for one in finished}) > 1]  # fmt: skip
    groups: dict[str, list[Configuration]] = {}
    for one in finished:
        rest = ", ".join(told(key, one.label[key]) for key in keys if one.label[key] is not None)
        groups.setdefault(rest, []).append(one)
    best = {rest: max(map(block.mean, group)) for rest, group in groups.items()}
    return {rest: groups[rest] for rest in sorted(groups, key=lambda rest: -best[rest])}
