"""python scripts/report.py outputs/sweeps/NAME [--baseline selection=hard] [--published bam]"""

from pathlib import Path

from bam.results.command import command
from bam.results.summary import Asked


def main(folder: Path, asked: Asked) -> None:
    from bam.results.report.report import report  # its libraries come with an extra

    print(report(folder, asked))


if __name__ == "__main__":
    command(main, __doc__ or "")
