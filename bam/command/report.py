"""Write the report of all runs below a folder: bam report FOLDER [--baseline selection=hard]"""

from pathlib import Path

from bam.results.command import run_command
from bam.results.view import View


def main() -> None:
    run_command(_task, __doc__ or "")


def _task(folder: Path, view: View, to: Path) -> None:
    from bam.results.report.report import report  # its libraries come with an extra

    print(report(folder, view, to))
