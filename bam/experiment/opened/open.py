"""A folder that bam has written, opened: of a run, or of an export."""

from pathlib import Path

from bam.experiment.opened.load import Run
from bam.experiment.opened.load import load as load_run
from bam.experiment.opened.load_export import Export, load_export
from bam.serving.export.files import is_export


def load(folder: str | Path, *overrides: str) -> Run | Export:
    """Open a folder: a run builds its model at first use, an export is read at once.

    For a run, `overrides` may change what `bam evaluate run=FOLDER` may: `"device=cpu"`,
    `"data_dir=FOLDER"`, `"evaluation=published"`, `"trust=[PACKAGE]"`; for an export, `trust`.

    Raises:
        Mistake: it is neither; a file of an export is damaged.
    """
    if is_export(Path(folder)):
        return load_export(folder, *overrides)
    return load_run(folder, *overrides)
