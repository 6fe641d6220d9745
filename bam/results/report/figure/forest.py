"""The gains of configurations over a baseline, each with its interval: a forest plot."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bam.results.render.text import bound, number
from bam.results.report.block import Block
from bam.results.report.figure.rows import Rows
from bam.results.report.picture import Picture, file_name
from bam.results.report.style import CLEAR, INK, OTHER, PAPER, WIDTH

MOST = 30  # rows that can be read
NAME = 30  # letters in a line of a name
CAPTION = (
    "Test users, each averaged over the seeds that both have; the line is the 95 % interval over "
    "users{}. Blue: it excludes 0."
)


@dataclass(frozen=True)
class Gain:
    """One row: a difference and its interval."""

    name: str
    mean: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """With a sign, as `+.0123 [+.0045, +.0201]`."""
        mean, low, high = number(self.mean), bound(self.low), bound(self.high)
        return f"{_signed(mean)} [{_signed(low)}, {_signed(high)}]"

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def forest(block: Block) -> list[Picture]:
    """A row for each configuration that has been compared, the best on top."""
    every = sorted(block.differences.items(), key=lambda pair: -block.sign * pair[1].mean)
    gains = [Gain(name, each.mean, each.low, each.high) for name, each in every]
    if not gains:
        return []
    title = f"{block.title}: difference in {block.metric} from {block.baseline_name}"
    shown = gains[:MOST]
    caption = CAPTION.format(_together(block.comparisons)) + (
        f" The best {MOST} of {len(gains)}." if len(gains) > MOST else ""
    )
    figure = forest_figure({"": shown}, f"difference in {block.metric}")
    alt = "; ".join(f"{gain.name}: {gain.text}" for gain in shown)
    return [Picture(file_name("gains", block.title), title, caption, alt, figure)]


def forest_figure(panels: dict[str, Sequence[Gain]], label: str) -> Figure:
    """Panels below each other, each with its title."""
    rows = [Rows.of([gain.name for gain in gains], NAME) for gains in panels.values()]
    heights = [0.2 + each.height for each in rows]
    figure = Figure(figsize=(WIDTH, 0.5 + sum(heights)), layout="constrained")
    drawn = figure.subplots(len(panels), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, each, (title, gains) in zip(drawn, rows, panels.items(), strict=True):
        _draw(axes, each, gains)
        axes.set_title(title, loc="left")
    drawn[-1].set_xlabel(label)
    return figure


def _together(comparisons: int) -> str:
    return f", for all {comparisons} comparisons together (Bonferroni)" if comparisons > 1 else ""


def _draw(axes: Axes, rows: Rows, gains: Sequence[Gain]) -> None:
    for place, gain in zip(rows.places, gains, strict=True):
        colour = CLEAR if gain.is_clear else OTHER
        axes.plot([gain.low, gain.high], [place, place], color=colour, lw=1.8)
        fill = colour if gain.is_clear else PAPER
        axes.plot(gain.mean, place, "o", color=colour, mfc=fill, ms=5)
        beside = axes.get_yaxis_transform()
        axes.text(1.03, place, gain.text, transform=beside, va="center", fontsize=7)
    axes.axvline(0, color=INK, lw=0.8)
    rows.label(axes)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=4)


def _signed(text: str) -> str:
    return text if text.startswith("-") else f"+{text}"
