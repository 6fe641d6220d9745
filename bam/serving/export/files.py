"""The files of an export: their names, and how the folder is written whole or not at all."""

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from bam.errors import Mistake, require
from bam.system.checksums import SUMS, read_sums, record_folder, verify
from bam.system.exchange import exchange
from bam.system.files import naming, remove_lock

MANIFEST, CARD = "export.json", "CARD.md"
ITEMS, HISTORIES = "items.parquet", "histories.parquet"
VECTORS, INDEX, TABLE = "vectors.npy", "index.faiss", "lancedb"
WEIGHTS, ENCODER, ONNX = "weights.safetensors", "encoder.pt2", "encoder.onnx"
MEMORY = "memory.safetensors"
REMEDY = "export the run again"


def is_export(folder: Path) -> bool:
    """Whether the folder is an export; a folder of a run is none."""
    return (folder / MANIFEST).is_file()


def check_place(folder: Path) -> None:
    """Refuse to write over what is no export.

    Raises:
        Mistake: there is a file, or a folder that holds something else.
    """
    if folder.is_dir():
        free = is_export(folder) or not any(folder.iterdir())
    else:
        free = not folder.exists()
    require(free, "to must be a new folder, or an export that is replaced", str(folder))


def check_file(path: Path) -> None:
    """Require that a file of an export is as it was written.

    Raises:
        Mistake: it is not there, has no checksum, or is damaged.
    """
    verify(path, REMEDY)
    if path.name not in read_sums(path.parent):
        raise Mistake(f"{path}: {SUMS} has no checksum of it; {REMEDY}")


def write_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write into a new folder, which then takes the place of `folder` in one step.

    Raises:
        Mistake: what is there is no export.
        OSError: the disk refuses; what was there is as before.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f".{folder.name}.lock")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    with FileLock(lock), naming(folder):
        check_place(folder)
        shutil.rmtree(unfinished, ignore_errors=True)  # left by a process that was killed
        unfinished.mkdir()
        try:
            fill(unfinished)
            record_folder(unfinished)
            if folder.exists():
                exchange(unfinished, folder)
            else:
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
            remove_lock(lock)
