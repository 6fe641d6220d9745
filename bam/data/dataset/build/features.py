"""What is known of items beside interactions: categories and vectors, from files of the user."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from safetensors import SafetensorError
from safetensors.torch import load_file

from bam.data.dataset.build.numbering import Numbered, sort_ids
from bam.data.dataset.build.store import FEATURE
from bam.data.dataset.read.cast import as_known, read_id
from bam.data.dataset.read.part import Part
from bam.data.dataset.read.tabular import check_table, join_texts, read_table
from bam.data.features import GENRES, VECTORS, place_of
from bam.errors import Mistake, require

NAME = r"[A-Za-z][A-Za-z0-9_]*"
UNREADABLE = (OSError, ValueError, TypeError, KeyError, SafetensorError, pl.exceptions.PolarsError)


def read_features(
    files: Mapping[str, str], known: pl.Series, encoding: str
) -> dict[str, pl.DataFrame]:
    """The columns original_id and value of each file: texts joined by `|`, or vectors.

    The ids are written as the `known` ones of the items are. `encoding` is that of tables.

    Raises:
        Mistake: a name is wrong, or a file does not exist or cannot be read.
    """
    parts = {name: Part(Path(path), "", encoding) for name, path in files.items()}
    return {name: _read(name, part, known) for name, part in parts.items()}


def check_features(files: Mapping[str, str]) -> None:
    """Refuse a wrong name, and a file that does not exist.

    Raises:
        Mistake: says which.
    """
    for name, path in files.items():
        good = re.fullmatch(NAME, name) and name != GENRES
        rule = f"features must have names of letters, digits and _, but not {GENRES}"
        require(bool(good), rule, name)
        require(Path(path).is_file(), f"features.{name} must be a file that exists", path)


def check_columns(files: Mapping[str, str], encoding: str) -> None:
    """Refuse a table without the columns of its feature, before anything is read.

    Raises:
        Mistake: a column is missing.
    """
    for name, path in files.items():
        if Path(path).suffix not in _READERS:
            check_table(Part(Path(path), "", encoding), _columns(name))


def _columns(name: str) -> dict[str, str]:
    return {"item": "item", name: name}


def stamp(files: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What changes when a file does, or the ids beside it: size, and when it was written."""
    return {name: _stamp(Path(path)) for name, path in files.items()}


def _stamp(path: Path) -> dict[str, Any]:
    stat, ids = path.stat(), path.with_suffix(".txt")
    found = {"bytes": stat.st_size, "modified": stat.st_mtime_ns}
    return {**found, "items": _stamp(ids)} if path.suffix == ".npy" and ids.is_file() else found


def add_cold_items(numbered: Numbered, known: list[pl.Series]) -> Numbered:
    """With the items of these ids too: those without interactions come after all others."""
    texts = pl.concat([ids.alias("original_id") for ids in known]).drop_nulls().unique()
    new = sort_ids(texts.to_frame().join(numbered.items, "original_id", "anti"))
    first = numbered.num_items + 1
    cold = new.with_row_index("item", offset=first).cast({"item": pl.Int32})
    items = pl.concat([numbered.items, cold.select("item", "original_id")])
    return replace(numbered, items=items, num_items=numbered.num_items + len(cold))


def write_features(
    folder: Path, features: Mapping[str, pl.DataFrame], items: pl.DataFrame, num_items: int
) -> None:
    """Write each feature of the items beside the interactions.

    Raises:
        Mistake: a feature is of none of the items.
    """
    for name, frame in features.items():
        found = items.join(frame, "original_id", "inner").sort("item")
        rule = f"features.{name} must name items of the data set in its column item"
        require(len(found) > 0, rule, ", ".join(frame["original_id"].head(3)))
        is_category = found["value"].dtype == pl.String
        path = place_of(folder, name, is_category)
        if is_category:
            found.select("item", "value").write_csv(path, separator="\t", quote_style="never")
        else:
            width = len(found["value"][0])
            rows = np.zeros((num_items + 1, width), np.float32)
            rows[found["item"].to_numpy()] = found["value"].list.to_array(width).to_numpy()
            np.save(path, rows)


def extend_features(earlier: Path, folder: Path, num_items: int) -> None:
    """Write the features of an earlier folder; the items that are new have none."""
    for path in earlier.glob(f"{FEATURE}*"):
        if path.suffix == VECTORS:
            rows = np.load(path, allow_pickle=False)
            more = np.zeros((num_items + 1 - len(rows), rows.shape[1]), rows.dtype)
            np.save(folder / path.name, np.concatenate([rows, more]))
        else:
            shutil.copyfile(path, folder / path.name)


def _read(name: str, part: Part, known: pl.Series) -> pl.DataFrame:
    """One row for each item: the first that the file has of it."""
    try:
        ids, value = _READERS.get(part.path.suffix, _read_table)(name, part)
    except Mistake:
        raise
    except UNREADABLE as error:
        raise Mistake(f"{part}: unreadable as features ({error}); write it again") from error
    texts = as_known(read_id(ids), known).alias("original_id")
    frame = (
        pl.DataFrame([texts, value.alias("value")])
        .drop_nulls()
        .unique("original_id", keep="first", maintain_order=True)
    )
    return frame if frame["value"].dtype == pl.String else _check_vectors(frame, part)


def _read_table(name: str, part: Part) -> tuple[pl.Series, pl.Series]:
    frame = read_table(part, _columns(name))
    kind = frame.schema[name]
    if isinstance(kind, pl.List | pl.Array) and kind.inner.is_float():
        return frame["item"], frame[name].cast(pl.List(pl.Float32))
    text = frame.select(join_texts(part, frame, name)).to_series()
    return frame["item"], text.str.replace_all(r"\s+", " ").str.strip_chars()


def _read_numpy(name: str, part: Part) -> tuple[pl.Series, pl.Series]:
    ids = part.path.with_suffix(".txt")
    rule = f"features.{name} must have its items beside it, one id a line"
    require(ids.is_file(), rule, f"no {ids.name}")
    vectors = np.load(part.path, allow_pickle=False)
    if not isinstance(vectors, np.ndarray):
        raise Mistake(f"{part}: must hold one array, as numpy.save writes it, got several")
    lines = [line.strip() for line in ids.read_text("utf-8-sig").rstrip("\n").split("\n")]
    if "" in lines:
        raise Mistake(f"{ids}:{lines.index('') + 1}: must hold one id a line")
    return _pair(part, lines, vectors)


def _read_safetensors(name: str, part: Part) -> tuple[pl.Series, pl.Series]:
    tensors = load_file(part.path)
    ids, vectors = tensors["item"], tensors["vector"]
    if ids.ndim != 1:
        raise Mistake(f"{part}: item must hold one id for each vector, got {list(ids.shape)}")
    if vectors.is_floating_point():  # NumPy has no bfloat16, in which models write their vectors
        vectors = vectors.float()
    return _pair(part, ids.tolist(), vectors.numpy())


def _pair(part: Part, ids: list[Any], vectors: np.ndarray) -> tuple[pl.Series, pl.Series]:
    shape = f"{len(ids)} items, and vectors of shape {list(vectors.shape)}"
    if vectors.dtype.kind not in "biuf":  # true and false, whole and real numbers
        raise Mistake(f"{part}: vectors must be of real numbers, got {vectors.dtype}")
    if vectors.ndim != 2 or len(ids) != len(vectors) or not vectors.shape[1]:
        raise Mistake(f"{part}: must hold a vector for each item, got {shape}")
    return pl.Series(ids), pl.Series(vectors.astype(np.float32)).cast(pl.List(pl.Float32))


def _check_vectors(frame: pl.DataFrame, part: Part) -> pl.DataFrame:
    """Refuse vectors of different lengths, and numbers that are not finite."""
    lengths = frame["value"].list.len().unique()
    numbers = frame["value"].explode()
    if len(lengths) > 1 or not numbers.is_finite().all() or numbers.null_count():
        raise Mistake(f"{part}: vectors must have one length and finite numbers; write it again")
    return frame


_READERS = {".npy": _read_numpy, ".safetensors": _read_safetensors}
