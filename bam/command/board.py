"""Store finished runs and show every method side by side: bam board [FOLDER ...] [--to FOLDER]

The runs below the folders become rows of runs.csv and gains.csv, beside what is stored there. From
these files the pages are written: index.md, a page a data set, and board.html. Without a FOLDER
they are written again. A row that is stored again replaces the old one, with all of its seeds.
"""

from argparse import ArgumentParser
from pathlib import Path

from filelock import FileLock

from bam.errors import require
from bam.system.files import remove_lock
from bam.system.program import one_sentence
from bam.system.stop import end_on_stop


def main() -> None:
    parser = ArgumentParser(prog="bam board", description=__doc__)
    parser.add_argument(
        "folders", nargs="*", type=Path, metavar="FOLDER", help="with finished runs"
    )
    parser.add_argument("--to", type=Path, default=Path("outputs/board"), help="the board's folder")
    with end_on_stop(), one_sentence():
        given = parser.parse_args()
        for folder in given.folders:
            require(folder.is_dir(), "FOLDER must exist, such as `outputs/sweeps`", str(folder))
        for path in _store(given.folders, given.to):
            print(path)


def _store(folders: list[Path], to: Path) -> list[Path]:
    """Add the runs of the folders to a board, and write its files."""
    from bam.config.board import board_methods  # what these import comes with an extra
    from bam.results.board.files import RUNS, Stored, read_board, write_board
    from bam.results.board.gather import gather
    from bam.results.board.merge import merge
    from bam.results.board.write import write_pages

    rule = "--to must be the folder of a board, or give a FOLDER with finished runs"
    require(bool(folders) or (to / RUNS).is_file(), rule, str(to))
    place = to.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = place.with_name(f".{place.name}.lock")
    with FileLock(lock):  # another program may add runs to the same board
        try:
            stored = read_board(to)
            new = gather(folders, stored.baselines) if folders else Stored([], [], [])
            write_board(to, merge(stored, new))
            return write_pages(to, read_board(to), board_methods())
        finally:
            remove_lock(lock)
