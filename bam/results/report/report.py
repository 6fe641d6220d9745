"""One page about every run below a folder."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import matplotlib

from bam.results.collect import runs_frame
from bam.results.compare import Difference
from bam.results.configuration import Configuration, configurations
from bam.results.means import means_frame
from bam.results.metrics import Metrics
from bam.results.report.block import Block
from bam.results.report.blocks import blocks
from bam.results.report.download import csv_address, sheet_frame
from bam.results.report.figure.by_group import by_history, by_popularity
from bam.results.report.figure.by_user import by_user
from bam.results.report.figure.cost import cost
from bam.results.report.figure.critical_difference import critical_difference
from bam.results.report.figure.curves import balance_curves, curves
from bam.results.report.figure.forest import forest
from bam.results.report.figure.heat import heat
from bam.results.report.figure.line import line
from bam.results.report.figure.search_history import search_history
from bam.results.report.figure.search_importance import search_importance
from bam.results.report.figure.search_options import search_options
from bam.results.report.figure.shares import shares
from bam.results.report.figure.trade import trade
from bam.results.report.overview import overview
from bam.results.report.page import Table, page
from bam.results.report.picture import Drawn, Picture, draw, missing_letters_in_one_sentence
from bam.results.report.style import RC
from bam.results.report.tables import differences_table, runs_table, with_names
from bam.results.runs import runs
from bam.results.summary import measure, summary_of
from bam.results.view import View
from bam.system.files import naming, write_text

SECTIONS: dict[str, tuple[Callable[[Block], list[Picture]], ...]] = {
    "Accuracy": (forest, by_history, by_popularity, by_user),
    "Swept options": (heat, line),
    "Search": (search_history, search_importance, search_options),
    "Learning curves": (curves,),
    "Balance of interests": (trade, balance_curves, shares),
    "Time and memory": (cost,),
}


def report(folder: Path, view: View, to: Path) -> Path:
    """Write `to/report/report.html`, and each figure beside it as PNG, SVG and PDF.

    Raises:
        Mistake: there is no run, or the view cannot be shown.
    """
    ones = configurations(runs(folder))
    metrics, differences = measure(ones, view)
    parts = blocks(ones, view, metrics, differences)
    target = to / "report" / "report.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    with naming(target.parent), matplotlib.rc_context(RC), missing_letters_in_one_sentence():
        sections = _sections(parts, target.parent)
    text = page(
        folder.resolve().name,
        overview(ones, parts),
        Counter(run.status for one in ones for run in one.runs),
        _tables(ones, view, metrics, differences),
        sections,
        _failures(ones, folder),
    )
    write_text(target, text)
    return target


def _tables(
    ones: list[Configuration],
    view: View,
    metrics: Metrics,
    differences: dict[int, Difference],
) -> dict[str, Table]:
    """What one reads first, then what else there is; the CSV has all digits."""
    results = summary_of(ones, view, metrics, differences)
    means = means_frame(ones, metrics, differences)
    different, frame = differences_table(ones), runs_frame(ones)
    return {
        "Results": Table(with_names(results), csv_address(means), named=True),
        "What differs": Table(different, csv_address(sheet_frame(different)), named=False),
        "Every run": Table(with_names(runs_table(frame)), csv_address(frame), named=True),
    }


def _sections(parts: list[Block], folder: Path) -> dict[str, list[Drawn]]:
    pictures = {
        title: [picture for block in parts for kind in kinds for picture in kind(block)]
        for title, kinds in SECTIONS.items()
    }
    every = {"Across data sets": critical_difference(parts), **pictures}
    return {title: [draw(one, folder) for one in some] for title, some in every.items() if some}


def _failures(ones: list[Configuration], folder: Path) -> dict[str, str]:
    """The error of each run that failed, by its folder below this one."""
    failed = [run for one in ones for run in one.runs if run.status == "failed"]
    return {_below(run.folder, folder): str(run.results.get("error", "")) for run in failed}


def _below(run: Path, folder: Path) -> str:
    return run.relative_to(folder).as_posix() if run != folder else run.resolve().name
