"""Draws docs/gains.svg from the paired gains in results/results.csv: python docs/gains.py"""

import csv
from pathlib import Path

import matplotlib as mpl

from bam.results.report.figure.forest import Gain, forest_figure
from bam.results.report.style import RC

HERE = Path(__file__).parent
DATA = ("ml1m", "ml100k", "movies_heavy", "electronics_heavy", "beauty_s3rec")
PANELS = {
    "gains_soft": "Soft selection (p) over hard",
    "gains_several": "Several interests (p) over one",
}


def gains(kind: str) -> list[Gain]:
    """The gains in recall@10 of one kind of comparison, by data set."""
    with (HERE / "results" / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] == kind]
    found = [row for row in rows if row["metric"] == "gain recall@10"]
    return [gain(row) for row in sorted(found, key=lambda row: DATA.index(row["data"]))]


def gain(row: dict[str, str]) -> Gain:
    """Its name has the model, and how many interests it has where they are compared with one."""
    change = "" if row["change"] == "p" else f": {row['change']}"
    name = f"{row['data']} · {row['model']}{change}".replace(" = ", "=")
    return Gain(name, *(float(row[key]) for key in ("mean", "low", "high")))


if __name__ == "__main__":
    with mpl.rc_context({**RC, "svg.hashsalt": "gains"}):
        panels = {title: gains(kind) for kind, title in PANELS.items()}
        figure = forest_figure(panels, "difference in recall@10, and its 95 % interval")
        figure.savefig(HERE / "gains.svg", metadata={"Date": None})
