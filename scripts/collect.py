"""python scripts/collect.py outputs/sweeps/NAME [--baseline selection=hard] [--published bam]"""

from pathlib import Path

from bam.results.collect import TABLES, collect
from bam.results.command import command
from bam.results.summary import Asked


def main(folder: Path, asked: Asked) -> None:
    collect(folder, asked)
    print((folder / "results.md").read_text())
    for name in ("results.csv", *TABLES):
        print(folder / name)


if __name__ == "__main__":
    command(main, __doc__ or "")
