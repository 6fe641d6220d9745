"""The names that a table of the runs below a folder can be made of."""

from pathlib import Path

from bam.results.configuration import configurations
from bam.results.figures import FIGURES, GROUPS
from bam.results.keys import as_json, differences
from bam.results.metrics import Metrics
from bam.results.published import NAMES
from bam.results.render.text import typed_text
from bam.results.runs import runs
from bam.results.view import View


def listing(folder: Path) -> str:
    """A line for each option of the commands that make tables, with what it can be here.

    Raises:
        Mistake: there is no run.
    """
    ones = configurations(runs(folder))
    metrics = Metrics.of(ones, View({}, "", [], []))
    columns = differences([one.label for one in ones])
    values = {key: {as_json(value): value for value in column} for key, column in columns.items()}
    baselines = [
        f"{key}={typed_text(key, value)}"
        for key, different in values.items()
        for value in different.values()
        if value is not None and not key.endswith("_target_")
    ]
    typed = [pair for one in ones for pair in one.typed.items() if f"{pair[0]}._target_" in values]
    baselines += [f"{key}={value}" for key, value in dict.fromkeys(typed)]
    names = {
        "--metric, --metrics": metrics.names,
        "--columns": [*GROUPS, *FIGURES],
        "--baseline": baselines,
        "--published": NAMES,
    }
    return "\n".join(f"{option}: {', '.join(some) or 'none'}" for option, some in names.items())
