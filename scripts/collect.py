"""python scripts/collect.py outputs/sweeps/NAME [--baseline selection=hard] [--metrics recall]"""

from pathlib import Path

from bam.system.stop import end_on_stop

with end_on_stop():  # also while the libraries are read
    from bam.results.collect import TABLES, collect
    from bam.results.command import run_command
    from bam.results.view import View


def main(folder: Path, view: View) -> None:
    collect(folder, view)
    print((folder / "results.md").read_text())
    for name in ("results.csv", *TABLES):
        print(folder / name)


if __name__ == "__main__":
    run_command(main, __doc__ or "")
