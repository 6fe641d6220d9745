"""What a reader must know about a table: below it, in sentences."""

from collections.abc import Iterator, Mapping

from bam.results.also import also_differ_note
from bam.results.caution import cautions
from bam.results.compare import Difference
from bam.results.configuration import Configuration
from bam.results.figures import GROUPS
from bam.results.label import DATA
from bam.results.metrics import Metrics
from bam.results.published import Source
from bam.results.render.sheet import CHOSEN, VALID
from bam.results.render.symbols import SYMBOLS
from bam.results.view import View


def notes(
    configurations: list[Configuration],
    view: View,
    metrics: Metrics,
    differences: Mapping[int, Difference],
    cited: list[Source],
) -> list[str]:
    """How to read the figures, then what is not in the columns, then what to be careful of."""
    return [
        *_figures(configurations, metrics),
        *_comparison(view, metrics, list(differences.values())),
        *_names(configurations),
        *_hidden(view, metrics),
        *also_differ_note(configurations),
        *cautions(configurations),
        *(f"In italics: {source.source}; {source.how}." for source in cited),
    ]


def _figures(configurations: list[Configuration], metrics: Metrics) -> Iterator[str]:
    if any(len(one.finished) > 1 for one in configurations):
        yield "Mean ± standard deviation over seeds, of the test users."
    else:
        yield "Of the test users. One seed a row: how far another would move a figure is not known."
    yield "Bold: best of the same data, split and protocol."
    if metrics.validated:
        yield f"{VALID.strip()}: of the validation users, at the step whose weights were kept."
    if metrics.chosen_rows(configurations):
        yield (
            f"{CHOSEN}: the row that validation would choose, by {metrics.chooses} of the "
            f"validation users. What is bold was not chosen by it: to choose by test users would "
            f"make the figure too high."
        )
    lower = [name for name in metrics.shown if name in metrics.lower_is_better]
    if lower:
        yield f"Lower is better: {', '.join(lower)}."


def _comparison(view: View, metrics: Metrics, gains: list[Difference]) -> Iterator[str]:
    if not view.baseline:
        return
    baseline = ", ".join(f"{key}={value}" for key, value in view.baseline.items())
    number = len(gains)
    yield (
        f"Δ: difference from {baseline} in {metrics.compared} of the test users, who are the "
        f"sample: {_range([gain.users for gain in gains])} users, each averaged over the seeds "
        f"that both rows have ({_range([gain.seeds for gain in gains])}), then paired. "
        f"Intervals and p are of a paired t test, for all {number} comparisons of this table "
        f"together (Bonferroni: each interval has 1 - .05/{number} confidence, and p is "
        f"multiplied by {number}), so p < .05 exactly where the interval excludes 0. How far "
        f"other seeds would move Δ is not in them; ± beside the means shows it."
    )


def _range(numbers: list[int]) -> str:
    ends = sorted({min(numbers, default=0), max(numbers, default=0)})
    return " to ".join(f"{end:,}" for end in ends)


def _names(configurations: list[Configuration]) -> Iterator[str]:
    label = configurations[0].label
    symbols = [f"{symbol}: {key}" for key, symbol in SYMBOLS.items() if key in label]
    if symbols:
        yield f"{', '.join(symbols)}."
    if DATA in label:
        yield "data: the checksum of each row's data, which differ under one name."


def _hidden(view: View, metrics: Metrics) -> Iterator[str]:
    hidden = len(metrics.names) - len(metrics.shown)
    if hidden:
        yield f"{hidden} more metrics are in results.csv; --metrics chooses the columns."
    if metrics.names and not view.others:
        yield f"--columns adds {', '.join(GROUPS)}."
