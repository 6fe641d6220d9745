"""Rows below each other whose names may have several lines: no name overprints another."""

from dataclasses import dataclass
from itertools import accumulate

from matplotlib.axes import Axes

from bam.results.report.figure.legend import wrap

GAP, LINE = 0.1, 0.11  # inches: between rows, and of a line of 7 points
BAR = 0.14  # inches: how thick a bar is


@dataclass(frozen=True)
class Rows:
    """Names in lines, from the top."""

    names: list[str]

    @staticmethod
    def of(names: list[str], width: int) -> "Rows":
        """Names cut into lines of at most `width` letters."""
        return Rows([wrap(name, width) for name in names])

    @property
    def heights(self) -> list[float]:
        """Of each row, in inches."""
        return [GAP + LINE * (1 + name.count("\n")) for name in self.names]

    @property
    def height(self) -> float:
        return sum(self.heights)

    @property
    def places(self) -> list[float]:
        """The middle of each row, in inches below the top."""
        ends = accumulate(self.heights)
        return [end - height / 2 for end, height in zip(ends, self.heights, strict=True)]

    def label(self, axes: Axes, above: float = 0.0) -> None:
        """Write the names to the left; `above` inches stay free at the top."""
        axes.set_yticks(self.places, self.names, fontsize=7)
        axes.set_ylim(self.height, -above)
        axes.grid(visible=False, axis="y")
