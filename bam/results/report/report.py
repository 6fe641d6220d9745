"""One page about every run below a folder."""

from collections import Counter
from pathlib import Path

import matplotlib

from bam.results.collect import runs_frame
from bam.results.configuration import Configuration, configurations
from bam.results.report.block import Block, blocks
from bam.results.report.figure.cost import cost
from bam.results.report.figure.curves import balance_curves, curves
from bam.results.report.figure.heat import heat
from bam.results.report.figure.line import line
from bam.results.report.figure.shares import shares
from bam.results.report.figure.trade import trade
from bam.results.report.page import page
from bam.results.report.picture import Picture, write_picture
from bam.results.report.style import RC
from bam.results.report.tables import differences_table, runs_table, with_names
from bam.results.runs import runs
from bam.results.summary import summary
from bam.results.view import View
from bam.system.files import naming, write_text

SECTIONS = {
    "Accuracy": (heat, line, trade),
    "Learning curves": (curves,),
    "Balance of interests": (balance_curves, shares),
    "Time and memory": (cost,),
}


def report(folder: Path, view: View, to: Path) -> Path:
    """Write `to/report/report.html`, and each figure beside it as PNG and SVG.

    Raises:
        Mistake: there is no run, or the view cannot be shown.
    """
    ones = configurations(runs(folder))
    tables = {
        "Results": with_names(summary(ones, view)),
        "What differs": differences_table(ones),
        "Every run": with_names(runs_table(runs_frame(ones))),
    }
    target = to / "report" / "report.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    with naming(target.parent), matplotlib.rc_context(RC):
        sections = _sections(blocks(ones, view), target.parent)
    states = Counter(run.status for one in ones for run in one.runs)
    write_text(target, page(folder.resolve().name, states, tables, sections, _failures(ones)))
    return target


def _sections(parts: list[Block], folder: Path) -> dict[str, list[tuple[Picture, str]]]:
    sections = {}
    for title, kinds in SECTIONS.items():
        pictures = [picture for block in parts for kind in kinds for picture in kind(block)]
        if pictures:
            sections[title] = [(picture, write_picture(picture, folder)) for picture in pictures]
    return sections


def _failures(ones: list[Configuration]) -> dict[str, str]:
    """The error of each run that failed, by its folder's name."""
    failed = [run for one in ones for run in one.runs if run.status == "failed"]
    return {run.folder.name: str(run.results.get("error", "")) for run in failed}
