"""One page about every run below a folder."""

from collections import Counter
from pathlib import Path

import matplotlib

from bam.results.collect import frame
from bam.results.configuration import Configuration, configurations
from bam.results.report.block import Block, blocks
from bam.results.report.figure.cost import cost
from bam.results.report.figure.curves import balance_curves, curves
from bam.results.report.figure.heat import heat
from bam.results.report.figure.line import line
from bam.results.report.figure.shares import shares
from bam.results.report.figure.trade import trade
from bam.results.report.page import page
from bam.results.report.picture import Picture, saved
from bam.results.report.style import RC
from bam.results.report.tables import differing, every_run, gathered
from bam.results.runs import runs
from bam.results.summary import Asked, summary

SECTIONS = {
    "Accuracy": (heat, line, trade),
    "Learning curves": (curves,),
    "Balance of interests": (balance_curves, shares),
    "Time and memory": (cost,),
}


def report(folder: Path, asked: Asked) -> Path:
    """Write `report/report.html` into the folder, and each figure beside it as PNG and SVG.

    Raises:
        Mistake: there is no run, or the comparison that is asked for cannot be made.
    """
    found = configurations(runs(folder))
    tables = {"Results": gathered(summary(found, asked)), "What differs": differing(found),
              "Every run": gathered(every_run(frame(found)))}  # fmt: skip
    target = folder / "report" / "report.html"
    target.parent.mkdir(exist_ok=True)
    with matplotlib.rc_context(RC):
        sections = _sections(blocks(found, asked), target.parent)
    states = Counter(run.status for one in found for run in one.runs)
    target.write_text(page(folder.resolve().name, states, tables, sections, _failures(found)))
    return target


def _sections(found: list[Block], folder: Path) -> dict[str, list[tuple[Picture, str]]]:
    sections = {}
    for title, kinds in SECTIONS.items():
        pictures = [picture for block in found for kind in kinds for picture in kind(block)]
        if pictures:
            sections[title] = [(picture, saved(picture, folder)) for picture in pictures]
    return sections


def _failures(found: list[Configuration]) -> dict[str, str]:
    """The error of each run that failed, by its folder's name."""
    failed = [run for one in found for run in one.runs if run.status == "failed"]
    return {run.folder.name: str(run.results.get("error", "")) for run in failed}
