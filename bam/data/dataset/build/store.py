"""The prepared folder: flat arrays that are mapped into memory, and tables of original names."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import torch
from jaxtyping import Shaped
from torch import Tensor

from bam.data.dataset.build.numbering import Numbered
from bam.data.dataset.build.once import MANIFEST
from bam.data.dataset.read.times import SECOND
from bam.errors import require
from bam.records import Interactions

FORMAT = 1  # raise it when the files change
CATALOGUE = "catalogue.tsv"
COLUMNS = {"item": pl.Int32, "original_id": pl.String, "title": pl.String, "genres": pl.String}


def write(folder: Path, numbered: Numbered, catalogue: pl.DataFrame) -> dict[str, int]:
    """Write every file but the manifest, and return the counts for it."""
    frame, users = numbered.frame, len(numbered.users)
    lengths = np.bincount(frame["user"].to_numpy(), minlength=users)
    np.save(folder / "offsets.npy", np.concatenate([[0], lengths.cumsum()]).astype(np.int64))
    np.save(folder / "items.npy", frame["item"].cast(pl.Int32).to_numpy())
    if "time" in frame.columns:
        np.save(folder / "times.npy", (frame["time"] // SECOND).to_numpy())
    write_names(folder, numbered.users, catalogue)
    items = frame["item"].n_unique()
    counts = {"users": users, "items": items, "interactions": len(frame)}
    return {**counts, "num_items": numbered.num_items}


def write_names(folder: Path, users: pl.DataFrame, catalogue: pl.DataFrame) -> None:
    """Write the two tables: users have user and original_id, the catalogue the COLUMNS."""
    one_line = pl.col(pl.String).fill_null("").str.replace_all(r"\s+", " ").str.strip_chars()
    tables = {"users.tsv": users, CATALOGUE: catalogue.select(*COLUMNS)}
    for name, table in tables.items():
        clean = table.with_columns(one_line)
        clean.write_csv(folder / name, separator="\t", quote_style="never")


def load(name: str, folder: str) -> Interactions:
    """A prepared data set, of any source.

    The arrays are mapped into memory: a page is read when it is first used, and what is written to
    it never reaches the disk.

    Raises:
        Mistake: the folder has no manifest.
    """
    path = Path(folder)
    prepared = (path / MANIFEST).is_file()
    require(prepared, "folder must be that of a prepared data set", folder)
    times = path / "times.npy"
    return Interactions(
        name=name,
        folder=path,
        items=_map(path / "items.npy"),
        offsets=_map(path / "offsets.npy"),
        times=_map(times) if times.exists() else torch.empty(0, dtype=torch.int64),
        num_items=json.loads((path / MANIFEST).read_text())["counts"]["num_items"],
    )


def _map(path: Path) -> Shaped[Tensor, " N"]:
    return torch.from_numpy(np.load(path, mmap_mode="c"))


def read_catalogue(folder: Path) -> pl.DataFrame:
    """The columns item, original_id, title and genres, one row for each item."""
    return pl.read_csv(folder / CATALOGUE, separator="\t", quote_char=None, schema=COLUMNS)
