"""Remove failed and interrupted runs and halves of files: bam clean outputs [--yes]

Without --yes they are only listed. Finished runs, and those that a process works on, stay.
"""

from argparse import ArgumentParser
from pathlib import Path

from bam.errors import require
from bam.results.render.text import one_line
from bam.run.removal import find_leftovers, remove_leftover
from bam.system.program import one_sentence
from bam.system.stop import end_on_stop


def main() -> None:
    parser = ArgumentParser(prog="bam clean", description=__doc__)
    parser.add_argument("folder", type=Path, help="of a sweep, or of any number of runs")
    parser.add_argument("--yes", action="store_true", help="remove what is listed")
    with end_on_stop(), one_sentence():
        given = parser.parse_args()
        require(given.folder.is_dir(), "FOLDER must exist, such as `outputs`", str(given.folder))
        _clean(given.folder, given.yes)


def _clean(folder: Path, remove: bool) -> None:
    found = list(find_leftovers(folder))
    for leftover in found:
        done = "would be removed" if not remove else "in use, stays"
        if remove and remove_leftover(leftover):
            done = "removed"
        print(one_line(f"{done}: {leftover.path} ({leftover.reason})"))
    if not found:
        print("nothing to remove")
    elif not remove:
        print("an interrupted run continues with its command; to remove these add --yes")
