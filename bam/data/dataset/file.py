"""Any file in the published format; its item ids stay as they are."""

import hashlib
import re
from pathlib import Path
from typing import Any

import polars as pl

from bam.data.dataset.build import store
from bam.data.dataset.build.numbering import keep_item_ids
from bam.data.dataset.build.once import make_once
from bam.data.dataset.publisher.recbole import first_of
from bam.data.dataset.read.cast import WHOLE
from bam.data.dataset.read.pairs import read_pairs
from bam.data.dataset.read.part import Part
from bam.errors import Mistake
from bam.records import Interactions
from bam.system.checksums import sha256

SPARSE = 10_000_000  # up to which the largest item id may be far above the number of items
ORIGINALS = ("original_id", "asin", "movieId")
GENRES = ("genres", "categories", "attributes")


def file(name: str, cache: str, path: str, titles: str) -> Interactions:
    """A file of `user item` lines, a user's items in time order; V is the largest item id.

    `titles` is a tab-separated table with the columns item and title, and perhaps genres,
    categories or attributes; if empty, FILE.items.tsv beside FILE.txt, where that exists. An empty
    `name` is replaced by that of the file.

    Raises:
        Mistake: a file does not exist, or a line of it is wrong.
    """
    source = Path(path)
    if not source.is_file():
        raise Mistake(
            f"path must be a file of `user item` lines, got {path!r}; give dataset.path=FILE"
        )
    table, digits = _find_titles(source, titles), sha256(source)
    content = digits + (sha256(table) if table else "")  # a changed file is another data set
    folder = Path(cache) / f"{_short(source)}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"

    def fill(unfinished: Path) -> dict[str, Any]:
        frames = list(read_pairs(Part(source, "")))
        if not any(map(len, frames)):
            raise Mistake(f"{source}: empty; it must hold `user item` lines")
        numbered = keep_item_ids(pl.concat(frames))
        _require_dense(source, numbered.num_items, len(numbered.items))
        catalogue = _catalogue(numbered.items, table, numbered.num_items)
        counts = store.write(unfinished, numbered, catalogue)
        return {"source": str(source), **store.describe(unfinished, counts)}

    make_once(folder, {"format": store.FORMAT, "sha256": digits}, fill)
    return store.load(name or source.stem, str(folder))


def _require_dense(source: Path, largest: int, items: int) -> None:
    """Refuse ids whose table, of a row for each number, would be mostly empty and very large."""
    if largest > max(SPARSE, 10 * items):
        raise Mistake(
            f"{source}: item ids must be numbers without large gaps, got {items:,} items up to "
            f"{largest:,}; dataset=table dataset.raw=FILE 'dataset.columns={{user: 0, item: 1}}' "
            "numbers them"
        )


def _short(source: Path) -> str:
    return re.sub(r"\W+", "_", source.stem)[:40]


def _find_titles(source: Path, titles: str) -> Path | None:
    if titles and not Path(titles).is_file():
        raise Mistake(f"titles must be a table of item and title, got {titles!r}")
    beside = source.with_suffix(".items.tsv")
    return Path(titles) if titles else beside if beside.is_file() else None


def _catalogue(items: pl.DataFrame, table: Path | None, num_items: int) -> pl.DataFrame:
    """Every item that is in the interactions or in the table of titles."""
    if not table:
        return items.with_columns(title=pl.lit(""), genres=pl.lit(""))
    frame = _read_titles(table)
    described = (
        frame.select(
            item=_numbers(frame, table),
            title="title",
            genres=first_of(frame, GENRES),
            table_id=first_of(frame, ORIGINALS),
        )
        .filter(pl.col("item").is_between(1, num_items))
        .unique("item", keep="first")
    )
    joined = items.join(described, on="item", how="full", coalesce=True).sort("item")
    own = pl.col("table_id").replace("", None)
    return joined.with_columns(original_id=pl.coalesce(own, "original_id"))


def _numbers(frame: pl.DataFrame, table: Path) -> pl.Series:
    """The numbers of items in a table of titles; null of a blank line."""
    numbers = frame["item"].str.strip_chars().str.replace(WHOLE, "$1").cast(pl.Int64, strict=False)
    wrong = numbers.is_null() & ~frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
    if wrong.any():
        row = int(wrong.arg_max() or 0)
        problem = f"item must be a number of the file, got {frame['item'][row]!r}"
        raise Mistake(f"{table}:{row + 2}: {problem}; correct the line")
    return numbers.cast(pl.Int32, strict=False)


def _read_titles(table: Path) -> pl.DataFrame:
    try:
        frame = pl.read_csv(table, glob=False, separator="\t", quote_char=None, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise Mistake(f"{table}: must be a tab-separated table with a header ({error})") from None
    for column in ("item", "title"):
        if column not in frame.columns:
            raise Mistake(f"{table}:1: column {column} is missing; name the columns item and title")
    return frame
