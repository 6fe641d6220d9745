"""python scripts/collect.py outputs/sweeps/NAME [--baseline selection=hard] [--published bam]"""

from pathlib import Path

from bam.sweep.collect import TABLES, collect
from bam.sweep.command import command
from bam.sweep.summary import Asked


def main(folder: Path, asked: Asked) -> None:
    collect(folder, asked)
    print((folder / "results.md").read_text())
    for name in ("results.csv", *TABLES):
        print(folder / name)


if __name__ == "__main__":
    command(main, __doc__ or "")
