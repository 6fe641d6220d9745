"""The prepared folder: flat arrays to map into memory, and tables of original names."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import torch
from jaxtyping import Shaped
from torch import Tensor

from bam.data.dataset.build.numbering import Numbered
from bam.data.dataset.build.once import MANIFEST
from bam.data.dataset.read.cast import SECOND
from bam.errors import Mistake
from bam.records import Interactions

FORMAT = 1  # raise it when the files change
CATALOGUE = "catalogue.tsv"
COLUMNS = {"item": pl.Int32, "original_id": pl.String, "title": pl.String, "genres": pl.String}


def write(folder: Path, numbered: Numbered, described: pl.DataFrame) -> dict[str, int]:
    """Write everything but the manifest, and return its counts."""
    frame, users = numbered.frame, len(numbered.users)
    lengths = np.bincount(frame["user"].to_numpy(), minlength=users)
    np.save(folder / "offsets.npy", np.concatenate([[0], lengths.cumsum()]).astype(np.int64))
    np.save(folder / "items.npy", frame["item"].cast(pl.Int32).to_numpy())
    if "time" in frame.columns:
        np.save(folder / "times.npy", (frame["time"] // SECOND).to_numpy())
    _table(numbered.users, folder / "users.tsv")
    _table(described.select(*COLUMNS), folder / CATALOGUE)
    items = frame["item"].n_unique()
    counts = {"users": users, "items": items, "interactions": len(frame)}
    return {**counts, "num_items": numbered.num_items}


def described(items: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """Items with what the source's catalogue tells of them, by original id."""
    once = catalogue.unique("original_id", keep="first", maintain_order=True)
    return items.join(once, on="original_id", how="left", maintain_order="left")


def _table(frame: pl.DataFrame, path: Path) -> None:
    clean = pl.col(pl.String).fill_null("").str.replace_all(r"\s+", " ").str.strip_chars()
    frame.with_columns(clean).write_csv(path, separator="\t", quote_style="never")


def stored(name: str, folder: str) -> Interactions:
    """A data set prepared before, whatever it was made from."""
    manifest = Path(folder) / MANIFEST
    if not manifest.is_file():
        raise Mistake(f"dataset.folder must be a prepared data set, got {folder}; prepare it again")
    counts = json.loads(manifest.read_text())["counts"]
    return load(name, Path(folder), counts["num_items"])


def load(name: str, folder: Path, num_items: int) -> Interactions:
    """Map the arrays into memory; pages are read when touched, and writing never reaches disk."""
    times = folder / "times.npy"
    return Interactions(
        name=name,
        folder=folder,
        items=_map(folder / "items.npy"),
        offsets=_map(folder / "offsets.npy"),
        times=_map(times) if times.exists() else torch.empty(0, dtype=torch.int64),
        num_items=num_items,
    )


def _map(path: Path) -> Shaped[Tensor, " N"]:
    return torch.from_numpy(np.load(path, mmap_mode="c"))


def catalogue(folder: Path) -> pl.DataFrame:
    """The columns item, original_id, title and genres, one row an item."""
    return pl.read_csv(folder / CATALOGUE, separator="\t", quote_char=None, schema=COLUMNS)
