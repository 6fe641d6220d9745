"""Draws docs/gains.svg from the paired gains in results/results.csv: python docs/gains.py"""

import csv
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bam.results.report.style import COLOURS, INK, RC

HERE = Path(__file__).parent
DATA = ("ml1m", "ml100k", "movies_heavy", "electronics_heavy", "beauty_s3rec")
PANELS = {
    "gains_soft": "Soft selection (p) over hard",
    "gains_several": "Several interests (p) over one",
}


def rows(kind: str) -> list[tuple[str, str, str, str, str]]:
    """Data set, model, and recall@10's gain, lowest and highest, of one kind of comparison."""
    with (HERE / "results" / "results.csv").open(encoding="utf-8", newline="") as file:
        figures = [row for row in csv.DictReader(file) if row["set"] == kind]
    found = [
        (row["data"], model(row), signed(row["mean"]), row["low"], row["high"])
        for row in figures
        if row["metric"] == "gain recall@10"
    ]
    return sorted(found, key=lambda row: DATA.index(row[0]))


def model(row: dict[str, str]) -> str:
    """The model, and how many interests it has where they are compared with one."""
    return f"{row['model']}: {row['change']}" if row["change"] != "p" else row["model"]


def signed(number: str) -> str:
    """`+.0107`, `-.0027`."""
    return f"{float(number):+.4f}".replace("0.", ".", 1)


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
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_title(title)


if __name__ == "__main__":
    shown = {title: rows(kind) for kind, title in PANELS.items()}
    with mpl.rc_context({**RC, "svg.hashsalt": "gains", "ytick.labelsize": 7}):
        figure = Figure(figsize=(7, 8), layout="constrained")
        panels = figure.subplots(
            len(shown), 1, height_ratios=[len(each) for each in shown.values()]
        )
        for axes, (title, each) in zip(panels, shown.items(), strict=True):
            draw(axes, title, each)
        panels[-1].set_xlabel("gain in recall@10, and its 95 % interval")
        figure.savefig(HERE / "gains.svg", metadata={"Date": None})
