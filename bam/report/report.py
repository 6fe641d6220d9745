"""One page about every run below a folder."""

from collections import Counter
from pathlib import Path

import matplotlib

from bam.report.block import Block, blocks
from bam.report.figure.cost import cost
from bam.report.figure.curves import balance_curves, curves
from bam.report.figure.heat import heat
from bam.report.figure.line import line
from bam.report.figure.shares import shares
from bam.report.figure.trade import trade
from bam.report.page import page
from bam.report.picture import Picture, saved
from bam.report.style import RC
from bam.report.tables import differing, every_run, gathered
from bam.sweep.collect import frame
from bam.sweep.configuration import Configuration, configurations
from bam.sweep.run import runs
from bam.sweep.summary import Asked, summary

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
