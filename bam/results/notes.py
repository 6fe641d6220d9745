"""What a reader must know about a table: below it, in sentences."""

from collections.abc import Iterator, Mapping

from bam.results.also import also_differ_note
from bam.results.caution import cautions
from bam.results.compare import Difference
from bam.results.configuration import Configuration
from bam.results.figures import GROUPS
from bam.results.label import DATA
from bam.results.metrics import Metrics
from bam.results.published import Source, published
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
        *_comparison(configurations, view, metrics, differences),
        *_names(configurations),
        *also_differ_note(configurations),
        *cautions(configurations),
        *(f"In italics: {source.source}; {source.how}." for source in cited),
        *_without_rows(view, cited),
    ]


def hints(view: View, metrics: Metrics) -> tuple[str, ...]:
    """Options that show more."""
    hidden = len(metrics.names) - len(metrics.shown)
    more = f"{hidden} more metrics are in results.csv; --metrics chooses the columns."
    others = f"--columns adds {', '.join(GROUPS)}."
    return (more,) * bool(hidden) + (others,) * (bool(metrics.names) and not view.others)


def _without_rows(view: View, cited: list[Source]) -> Iterator[str]:
    missing = [name for name in view.published if published(name) not in cited]
    if missing:
        yield f"--published: {' and '.join(missing)} has no figures of this data."


def _figures(configurations: list[Configuration], metrics: Metrics) -> Iterator[str]:
    several = any(len(one.finished) > 1 for one in configurations)
    seeds = "one seed a row, so how far another would move a figure is not known"
    means = "mean ± standard deviation over seeds" if several else seeds
    yield f"Test users: {means}. Bold: best of the same data, split and protocol."
    if metrics.validated:
        yield f"{VALID.strip()}: validation users, at the step whose weights were kept."
    if metrics.chosen_rows(configurations):
        yield (
            f"{CHOSEN}: the row that validation would choose, by {metrics.chooses}. Bold is no "
            f"choice: a row that is chosen by its test users seems better than it is."
        )
    lower = [name for name in metrics.shown if name in metrics.lower_is_better]
    if lower:
        yield f"Lower is better: {', '.join(lower)}."


def _comparison(
    configurations: list[Configuration],
    view: View,
    metrics: Metrics,
    differences: Mapping[int, Difference],
) -> Iterator[str]:
    if not view.baseline or not differences:
        return
    baseline = ", ".join(f"{key}={value}" for key, value in view.baseline.items())
    users = [gain.users for gain in differences.values()]
    seeds = [gain.seeds for gain in differences.values()]
    datasets = {configurations[place].label["dataset"] for place in differences}
    where = f", on {len(datasets)} data sets" if len(datasets) > 1 else ""
    comparisons = f" for all {len(differences)} comparisons of this table{where} (Bonferroni)"
    corrected = f", corrected{comparisons}" if len(differences) > 1 else ""
    yield (
        f"Δ: {metrics.compared} of the test users less that of {baseline}. The sample is of "
        f"users ({_range(users)}), each averaged over the seeds that both rows have "
        f"({_range(seeds)}), then paired. Intervals and p are of the paired t test{corrected}, so "
        f"p < .05 exactly where the interval excludes 0. Other seeds would move Δ too: ± beside "
        f"the means shows how far."
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
