"""Names in figures, and their colours."""

import textwrap

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bam.report.block import Block
from bam.report.style import OTHER
from bam.sweep.configuration import Configuration


def legend(figure: Figure, block: Block, drawn: list[Configuration]) -> None:
    """Those that are told apart, and one entry for all the others."""
    told = {one.name: block.colours[one.name] for one in drawn if one.name in block.colours}
    others = len({one.name for one in drawn}) - len(told)
    if others:
        told[f"{others} others"] = OTHER
    lines = [Line2D([], [], color=colour, lw=2) for colour in told.values()]
    columns = 1 if max(map(len, told)) > 32 else 2
    names = [wrapped(name, 64) for name in told]
    rows = -(-sum(1 + name.count("\n") for name in names) // columns)
    figure.set_figheight(figure.get_figheight() + 0.17 * rows)
    figure.legend(lines, names, loc="outside lower center", ncols=columns)


def wrapped(name: str, width: int) -> str:
    """A long name over several lines."""
    return textwrap.fill(name, width)
