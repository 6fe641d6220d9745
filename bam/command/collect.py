"""Write the tables of all runs below a folder: bam collect FOLDER [--baseline selection=hard]"""

import sys
from pathlib import Path

from bam.results.command import run_command
from bam.results.view import View


def main() -> None:
    run_command(_task, __doc__ or "")


def _task(folder: Path, view: View, to: Path) -> None:
    from bam.results.collect import collect  # imports torch, which help does not need

    collected = collect(folder, view)
    if sys.stdout.isatty():
        from rich.console import Console

        from bam.results.render.terminal import terminal

        console = Console()
        console.print(terminal(collected.sheet, console.width))
    else:
        print(collected.texts["results.md"])
    for path in collected.write(to):
        print(path)
