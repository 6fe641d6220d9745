"""Names in figures, and their colours."""

import re
from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bam.results.report.style import OTHER


def legend(figure: Figure, colours: Mapping[str, str]) -> None:
    """The names that have a colour of their own, and one entry for all the others; none of one."""
    if len(colours) < 2:
        return
    entries = {name: colour for name, colour in colours.items() if colour != OTHER}
    if len(entries) < len(colours):
        entries[f"{len(colours) - len(entries)} others"] = OTHER
    lines = [Line2D([], [], color=colour, lw=2) for colour in entries.values()]
    columns = 1 if max(map(len, entries)) > 32 else 2
    names = [wrap(name, 64) for name in entries]
    rows = -(-sum(1 + name.count("\n") for name in names) // columns)
    figure.set_figheight(figure.get_figheight() + 0.17 * rows)
    figure.legend(lines, names, loc="outside lower center", ncols=columns)


def wrap(name: str, width: int) -> str:
    """A long name over several lines: between its settings, or else between their words."""
    lines = [""]
    for setting in re.findall(r"[^,]*,?\s*", name):
        for piece in [setting] if len(setting.rstrip()) <= width else _pieces(setting, width):
            if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > width:
                lines.append("")
            lines[-1] += piece
    return "\n".join(line.strip() for line in lines)


def _pieces(setting: str, width: int) -> list[str]:
    """Words, which end with a space, `_`, `.` or `/`; of longer ones, what fits into a line."""
    words = re.findall(r"[^\s_./]*[\s_./]?", setting)
    return [word[i : i + width] for word in words for i in range(0, len(word), width)]
