"""The files of the rows of a state, which its processes share out: one for each step."""

from pathlib import Path

from bam.run.files import ROWS
from bam.system.checksums import remove


def rows_path(folder: Path, step: int) -> Path:
    """The file of the rows of a state, which belongs to its step."""
    return folder / ROWS.replace("*", str(step))


def remove_rows(folder: Path, kept: set[int]) -> None:
    """Delete the rows of all states but those of these steps."""
    names = {rows_path(folder, step).name for step in kept}
    for path in folder.glob(ROWS):
        if path.name not in names:
            remove(path)


def saved_steps(folder: Path) -> list[int]:
    """The steps of which there are rows, in their order."""
    prefix, suffix = ROWS.split("*")
    found = (path.name.removeprefix(prefix).removesuffix(suffix) for path in folder.glob(ROWS))
    return sorted(int(step) for step in found if step.isdecimal())
