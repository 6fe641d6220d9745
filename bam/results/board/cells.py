"""The lines of the HTML board: of every row, run or not, and of every published figure."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bam.results.board.page import label
from bam.results.board.plan import BASELINES, PROTOCOLS
from bam.results.board.record import Result
from bam.results.board.rows import ALPHA, Corrected, Row
from bam.results.published import NAMES, published
from bam.results.render.text import bound, number, p_value

WORDS = ("method", "kind", "K", "data", "users", "state")  # the first columns
COMPARED = tuple(name for protocol in PROTOCOLS for name in protocol.compared[::-1])
GAINS = tuple(text for name in BASELINES.values() for text in (f"nDCG over {name}", "p"))
OTHERS = tuple(name for one in PROTOCOLS for name in one.shown if name not in COMPARED)
COST = ("validation", "steps", "minutes", "seeds", "machine", "date", "bam", "commit")
HEAD = (*WORDS, *map(label, COMPARED), *GAINS, *map(label, OTHERS), *COST, "command")
NOT_RUN, RUN, PUBLISHED = "not run", "run", "published"  # states
HALF = 50  # of the width of an interval's picture


@dataclass(frozen=True)
class Interval:
    """A gain as a picture: places from -HALF to HALF, 0 in the middle."""

    low: float
    mean: float
    high: float
    style: str  # better, worse or level


@dataclass(frozen=True)
class Cell:
    """Text, and the number that it sorts by; beside it a deviation, or the ends of an interval."""

    text: str
    value: int | float | None = None
    beside: str = ""
    interval: Interval | None = None


EMPTY = Cell("")
Line = list[Cell]


def lines_of(rows: Sequence[Row]) -> list[Line]:
    """All lines, with a cell for each name of HEAD."""
    known = {row.method.name: row.runs[0] for row in rows if row.runs}
    pages: dict[tuple[str, str], float] = {}
    for row in rows:
        page = row.data, row.protocol.name
        pages[page] = max(pages.get(page, 0.0), _reach(row))
    measured = [
        _line(row, known.get(row.method.name), pages[row.data, row.protocol.name]) for row in rows
    ]
    return [*measured, *_published({row.data for row in rows})]


def _line(row: Row, known: Result | None, reach: float) -> Line:
    """`known` is any run of the method; intervals of a page go as far as `reach`."""
    gains = [row.gains.get((over, row.protocol.ranks)) for over in BASELINES]
    return [
        Cell(row.method.title),
        Cell(known.kind if known else ""),
        Cell(str(known.K), known.K) if known else EMPTY,
        Cell(row.data),
        Cell(row.protocol.title.lower()),
        Cell(RUN if row.runs else NOT_RUN),
        *(_metric(row, name) for name in COMPARED),
        *(cell for gain in gains for cell in _gain(gain, reach)),
        *(_metric(row, name) for name in OTHERS),
        *(_cost(row) if row.runs else [EMPTY] * len(COST)),
        Cell(row.command),
    ]


def _metric(row: Row, name: str) -> Cell:
    values, mean = row.values(name), row.mean(name)
    if mean is None:
        return EMPTY
    deviation = f"± {number(statistics.stdev(values))}" if len(values) > 1 else ""
    return Cell(number(mean), mean, deviation)


def _gain(one: Corrected | None, reach: float) -> Line:
    """The gain with its interval, and its corrected p."""
    if one is None:
        return [EMPTY, EMPTY]
    gain, scale = one.gain, HALF / (reach or 1.0)
    style = "level" if one.p >= ALPHA else one.verdict
    interval = Interval(gain.low * scale, gain.mean * scale, gain.high * scale, style)
    text = f"{'+' if gain.mean > 0 else ''}{number(gain.mean)}"
    ends = f"[{bound(gain.low)}, {bound(gain.high)}]"
    return [Cell(text, gain.mean, ends, interval), Cell(p_value(one.p), one.p)]


def _reach(row: Row) -> float:
    """How far from 0 the intervals that a row shows go."""
    gains = [row.gains[over, name].gain for over, name in row.gains if name == row.protocol.ranks]
    return max((abs(end) for gain in gains for end in (gain.low, gain.high)), default=0.0)


def _cost(row: Row) -> Line:
    """The validation, the training, and where and when the quickest one was."""
    one, valid = row.quickest, [run.valid for run in row.runs if run.valid is not None]
    mean = statistics.fmean(valid) if valid else None
    minutes = row.minutes or 0.0
    return [
        EMPTY if mean is None else Cell(number(mean), mean, label(one.chosen_by)),
        Cell(f"{row.steps:,}", row.steps),
        Cell(number(minutes, 1), minutes),
        Cell(str(len(row.runs)), len(row.runs)),
        *map(Cell, (one.machine, one.date, one.bam, one.commit)),
    ]


def _published(data: set[str]) -> Iterator[Line]:
    """Figures of papers on the data of the board; their source is in the column of commands."""
    for source in map(published, NAMES):
        for row in (row for row in source.rows if row.dataset in data):
            words = [row.method, PUBLISHED, "", row.dataset, "as published", PUBLISHED]
            figures = [_number(row.figures, name) for name in COMPARED]
            empty = [EMPTY] * (len(HEAD) - len(words) - len(figures) - 1)
            yield [*map(Cell, words), *figures, *empty, Cell(f"{source.source}: {source.how}")]


def _number(figures: Mapping[str, float], name: str) -> Cell:
    return Cell(number(figures[name]), figures[name]) if name in figures else EMPTY
