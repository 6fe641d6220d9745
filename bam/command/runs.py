"""List the finished, failed and unfinished runs below a folder: bam runs outputs [--json]"""

from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from bam.errors import require
from bam.results.render.text import one_line
from bam.run.listing import Listed, list_runs
from bam.system.program import one_sentence
from bam.system.stop import end_on_stop
from bam.system.strict_json import json_text


def main() -> None:
    parser = ArgumentParser(prog="bam runs", description=__doc__)
    parser.add_argument("folder", type=Path, help="of a sweep, or of any number of runs")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    with end_on_stop(), one_sentence():
        given = parser.parse_args()
        require(given.folder.is_dir(), "FOLDER must exist, such as `outputs`", str(given.folder))
        _print(given.folder, given.json)


def _print(folder: Path, as_json: bool) -> None:
    count: Counter[str] = Counter()
    for run in list_runs(folder):
        count[run.state] += 1
        print(json_text({**asdict(run), "folder": str(run.folder)}) if as_json else _line(run))
    if not as_json:
        print(", ".join(f"{number} {state}" for state, number in count.items()) or "no runs")


def _line(run: Listed) -> str:
    value = "" if run.value is None else f"{run.value:.4f}"
    seconds = "" if run.seconds is None else f"{run.seconds:.0f} s"
    figure = f"{run.metric} {value}" if run.metric else ""
    parts = [run.about, figure, seconds, run.note, str(run.folder)]
    return f"{run.state:11}  " + one_line(" · ".join(part for part in parts if part))
