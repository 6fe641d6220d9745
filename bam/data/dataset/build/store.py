"""The prepared folder: flat arrays that are mapped into memory, and tables of original names."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from jaxtyping import Shaped
from torch import Tensor

from bam.data.dataset.build.numbering import Numbered
from bam.data.dataset.build.once import MANIFEST, read_manifest
from bam.data.dataset.read.times import SECOND
from bam.errors import Mistake, require
from bam.records import Interactions
from bam.system.checksums import read_sums, sha256, verify_folder

LINES = 1 << 20  # of names that are written at a time
FORMAT = 1  # raise it when the files change
CATALOGUE, USERS = "catalogue.tsv", "users.tsv"
TIMES, PART = "times.npy", "part.npy"
FEATURE = "feature-"  # how the name of the file of a feature begins
NO_TIMES, NO_PART = torch.empty(0, dtype=torch.int64), torch.empty(0, dtype=torch.int8)
# what numpy, polars and json raise for a file that is not what it should be
UNREADABLE = (
    IsADirectoryError,
    FileNotFoundError,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    pl.exceptions.PolarsError,
)
REMEDY = "delete the folder to prepare it again"
COLUMNS = {"item": pl.Int32, "original_id": pl.String, "title": pl.String, "genres": pl.String}


def write(folder: Path, numbered: Numbered, catalogue: pl.DataFrame) -> dict[str, int]:
    """Write every file but the manifest, and return the counts for it."""
    ends = numbered.lengths.cumsum()
    np.save(folder / "offsets.npy", np.concatenate([[0], ends]).astype(np.int64))
    is_met = np.zeros(numbered.num_items + 1, bool)
    for frame in numbered.frames:
        is_met[frame["item"].to_numpy()] = True
        for name, values in _columns(frame).items():
            _append(folder / name, values, int(ends[-1]))
    write_names(folder, numbered.users, catalogue)
    counts = {"users": len(ends), "items": int(is_met.sum()), "interactions": int(ends[-1])}
    return {**counts, "num_items": numbered.num_items}


def _append(path: Path, values: Shaped[np.ndarray, " n"], total: int) -> None:
    """Add values to a file that will have `total` of them, and is then as np.save writes it."""
    with path.open("ab") as file:
        if not file.tell():
            kind = np.lib.format.dtype_to_descr(values.dtype)
            header = {"descr": kind, "fortran_order": False, "shape": (total,)}
            np.lib.format.write_array_header_1_0(file, header)
        values.tofile(file)


def _columns(frame: pl.DataFrame) -> dict[str, Shaped[np.ndarray, " N"]]:
    """The content of each file of interactions."""
    columns = {"items.npy": frame["item"].cast(pl.Int32).to_numpy()}
    if "time" in frame.columns:
        columns[TIMES] = (frame["time"] // SECOND).to_numpy()
    if "part" in frame.columns:
        columns[PART] = frame["part"].to_numpy()
    return columns


def write_names(folder: Path, users: pl.DataFrame, catalogue: pl.DataFrame) -> None:
    """Write the two tables: users have user and original_id, the catalogue the COLUMNS."""
    tables = {USERS: users, CATALOGUE: catalogue.select(*COLUMNS)}
    for name, table in tables.items():
        with (folder / name).open("wb") as file:
            for part in table.iter_slices(LINES) if len(table) else [table]:
                clean = part.with_columns(clean_text(pl.col(pl.String)))
                header = file.tell() == 0
                clean.write_csv(file, separator="\t", quote_style="never", include_header=header)


def clean_text(text: pl.Expr) -> pl.Expr:
    """A text as the tables have it: on one line, with one space in place of several."""
    return text.fill_null("").str.replace_all(r"\s+", " ").str.strip_chars()


def describe(folder: Path, counts: dict[str, int]) -> dict[str, Any]:
    """What the manifest holds of the files that were written: their counts, and a checksum."""
    return {"counts": counts, "data": checksum(folder, counts["num_items"])}


def load(name: str, folder: str) -> Interactions:
    """A prepared data set, of any source.

    The arrays are mapped into memory: a page is read when it is first used, and what is written to
    it never reaches the disk. Before, every file is compared with its checksum.

    Raises:
        Mistake: the folder has no manifest, or one of its files is damaged.
    """
    path = Path(folder)
    prepared = (path / MANIFEST).exists()
    require(prepared, "folder must be that of a prepared data set", folder)
    manifest = read_manifest(path)
    verify_folder(path, REMEDY)
    try:
        num_items = manifest["counts"]["num_items"]
        known = manifest.get("data") if read_sums(path) else None  # else it was never checked
        return Interactions(
            name=name,
            folder=path,
            items=_map(path / "items.npy"),
            offsets=_map(path / "offsets.npy"),
            times=_map(path / TIMES) if (path / TIMES).exists() else NO_TIMES,
            part=_map(path / PART) if (path / PART).exists() else NO_PART,
            num_items=num_items,
            checksum=known or checksum(path, num_items),
        )
    except UNREADABLE as error:
        raise Mistake(f"{folder}: damaged ({error}); {REMEDY}") from error


def checksum(folder: Path, num_items: int) -> str:
    """A checksum of what numbers depend on: the arrays, V, and what is known of items but titles.

    It is 16 hexadecimal digits of a SHA-256, and the same for the same data under any name.
    """
    features = sorted(folder.glob(f"{FEATURE}*.tsv"))
    paths = [*sorted(folder.glob("*.npy")), *features]
    arrays = [(path.name, sha256(path)) for path in paths]
    genres = read_catalogue(folder).filter(pl.col("genres") != "").select("item", "genres")
    content = json.dumps([arrays, num_items, genres.sort("item").rows()], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _map(path: Path) -> Shaped[Tensor, " N"]:
    return torch.from_numpy(np.load(path, mmap_mode="c"))


def read_user_ids(folder: Path) -> pl.Series:
    """The source's own id of each user."""
    columns = {"user": pl.Int32, "original_id": pl.String}
    users = pl.read_csv(folder / USERS, separator="\t", quote_char=None, schema=columns, glob=False)
    return users["original_id"].fill_null("")


def read_catalogue(folder: Path) -> pl.DataFrame:
    """The columns item, original_id, title and genres, one row for each item."""
    return pl.read_csv(
        folder / CATALOGUE, glob=False, separator="\t", quote_char=None, schema=COLUMNS
    )
