"""python scripts/report.py outputs/sweeps/NAME [--baseline selection=hard] [--metrics recall]"""

from pathlib import Path

from bam.system.stop import end_on_stop

with end_on_stop():  # also while the libraries are read
    from bam.results.command import run_command
    from bam.results.view import View


def main(folder: Path, view: View, to: Path) -> None:
    from bam.results.report.report import report  # its libraries come with an extra

    print(report(folder, view, to))


if __name__ == "__main__":
    run_command(main, __doc__ or "")
