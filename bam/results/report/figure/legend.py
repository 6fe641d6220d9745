"""Names in figures, and their colours."""

import textwrap
from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bam.results.report.style import OTHER


def legend(figure: Figure, colours: Mapping[str, str]) -> None:
    """The names that have a colour of their own, and one entry for all the others."""
    told = {name: colour for name, colour in colours.items() if colour != OTHER}
    if len(told) < len(colours):
        told[f"{len(colours) - len(told)} others"] = OTHER
    lines = [Line2D([], [], color=colour, lw=2) for colour in told.values()]
    columns = 1 if max(map(len, told)) > 32 else 2
    names = [wrapped(name, 64) for name in told]
    rows = -(-sum(1 + name.count("\n") for name in names) // columns)
    figure.set_figheight(figure.get_figheight() + 0.17 * rows)
    figure.legend(lines, names, loc="outside lower center", ncols=columns)


def wrapped(name: str, width: int) -> str:
    """A long name over several lines."""
    return textwrap.fill(name, width)
