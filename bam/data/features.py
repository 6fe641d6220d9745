"""The features of items in a prepared folder: categories, and vectors such as those of texts."""

from pathlib import Path

import numpy as np
import polars as pl
import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.data.dataset.build.store import FEATURE, read_catalogue
from bam.records import PAD, Interactions

GENRES = "genres"  # of the catalogue: every data set with genres has this feature
CATEGORIES, VECTORS = ".tsv", ".npy"


def place_of(folder: Path, name: str, is_category: bool) -> Path:
    """The file of a feature."""
    return folder / f"{FEATURE}{name}{CATEGORIES if is_category else VECTORS}"


def feature_names(folder: Path) -> list[str]:
    """The features that the items of a prepared folder have."""
    has_genres = read_catalogue(folder)["genres"].fill_null("").ne("").any()
    files = sorted(path.stem.removeprefix(FEATURE) for path in folder.glob(f"{FEATURE}*"))
    return [GENRES, *files] if has_genres else files


def read_vectors(data: Interactions, name: str) -> Float[Tensor, "V1 X"] | None:
    """The vector of each item, 0 where it has none; None if the feature is of categories."""
    path = place_of(data.folder, name, is_category=False)
    return torch.from_numpy(np.load(path)) if path.exists() else None


def read_categories(data: Interactions, name: str) -> Int[Tensor, "V1 n"]:
    """The numbers of each item's values, from 1 on, with PAD in free places.

    Values are numbered in the order of the first item that has them: so those of more items, which
    come after, change no number.
    """
    value = _values(data.folder, name).with_columns(pl.col("value").str.split("|"))
    each = value.explode("value").with_columns(pl.col("value").str.strip_chars())
    pairs = each.filter(pl.col("value") != "").unique(maintain_order=True)
    first = pairs.select(pl.col("value").unique(maintain_order=True)).with_row_index("number", 1)
    numbered = pairs.join(first, "value", maintain_order="left")
    place = numbered.select(pl.int_range(pl.len()).over("item")).to_series().to_torch()
    width = int(place.max()) + 1 if len(place) else 1
    found = torch.full((data.num_items + 1, width), PAD)
    item = numbered["item"].to_torch().long()
    found[item, place] = numbered["number"].cast(pl.Int64).to_torch()
    return found


def _values(folder: Path, name: str) -> pl.DataFrame:
    """The columns item and value, in the order of items."""
    if name == GENRES:
        known = read_catalogue(folder).select("item", value="genres")
    else:
        schema = {"item": pl.Int32, "value": pl.String}
        path = place_of(folder, name, is_category=True)
        known = pl.read_csv(path, glob=False, separator="\t", quote_char=None, schema=schema)
    return known.drop_nulls().sort("item")
