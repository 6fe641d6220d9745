"""How figures look: readable on light and dark paper, and by the colour-blind."""

from typing import Any

INK, PAPER = "#1b1f24", "#fffffe"  # a page puts its own in their place
OTHER = "#8c8c8c"
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"]  # Okabe and Ito
CLEAR, MARK = COLOURS[0], COLOURS[1]  # an interval that excludes 0; the best
ORDERED = "viridis"  # for what has an order
DARK, LIGHT = "#000000", "#ffffff"  # on a field, whose colour is no page's
WIDTH = 4.8  # inches, at which 9 points read well on a telephone

RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9,
    "text.parse_math": False,  # a name such as $x$ is no formula
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.15,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text
}
