"""Draws docs/gains.svg from the paired differences in docs/results.md: python docs/gains.py"""

import re
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bam.results.report.style import COLOURS, INK, RC

HERE = Path(__file__).parent
DATA = ("ml1m", "ml100k", "movies_heavy", "electronics_heavy", "beauty")
PANELS = {
    ": p over hard": "Soft selection (p) over hard",
    " p over K = 1": "Several interests (p) over one",
}


def rows(end: str) -> list[tuple[str, str, str, str, str]]:
    """Data set, model, and recall@10's gain, lowest and highest, of differences that end so."""
    number = r"([+-]?\.\d+)"
    row = rf"^\| (\w+) \| ([^|]+){re.escape(end)} \| \d \| {number} \[{number}, {number}\] \|"
    found = re.findall(row, (HERE / "results.md").read_text("utf-8"), re.MULTILINE)
    return sorted(found, key=lambda row: DATA.index(row[0]))


def draw(axes: Axes, title: str, shown: list[tuple[str, str, str, str, str]]) -> None:
    """A line for each: the gain, and its interval."""
    names = []
    for place, (data, model, gain, low, high) in enumerate(shown):
        colour = COLOURS[DATA.index(data)]
        axes.plot([float(low), float(high)], [place, place], color=colour, lw=2)
        axes.plot(float(gain), place, "o", color=colour, ms=5)
        names.append(f"{data} · {model}  {gain}")
    axes.axvline(0, color=INK, lw=1)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_title(title)


if __name__ == "__main__":
    shown = {title: rows(end) for end, title in PANELS.items()}
    with mpl.rc_context({**RC, "svg.hashsalt": "gains", "ytick.labelsize": 7}):
        figure = Figure(figsize=(7, 8), layout="constrained")
        panels = figure.subplots(
            len(shown), 1, height_ratios=[len(each) for each in shown.values()]
        )
        for axes, (title, each) in zip(panels, shown.items(), strict=True):
            draw(axes, title, each)
        panels[-1].set_xlabel("gain in recall@10, and its 95 % interval")
        figure.savefig(HERE / "gains.svg", metadata={"Date": None})
