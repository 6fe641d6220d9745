"""Any file in the published format, its item ids kept."""

import hashlib
import re
from pathlib import Path
from typing import Any

import polars as pl

from bam.data.dataset.build import store
from bam.data.dataset.build.numbering import kept
from bam.data.dataset.build.once import once
from bam.data.dataset.publisher.recbole import first_of
from bam.data.dataset.read.pairs import pairs
from bam.data.dataset.read.part import Part, sha256
from bam.errors import Mistake
from bam.records import Interactions

ORIGINALS = ("original_id", "asin", "movieId")
GENRES = ("genres", "categories", "attributes")


def file(name: str, cache: str, path: str, titles: str) -> Interactions:
    """Users as they stand, in file order; V is the largest item id.

    `titles` is a tab-separated table with the columns item and title, and maybe genres,
    categories or attributes; empty: FILE.items.tsv beside FILE.txt, if it is there.
    """
    source = Path(path)
    if not source.is_file():
        raise Mistake(f"dataset.path must be a file of `user item` lines, got {path or 'nothing'}")
    table = _titles(source, titles)
    folder = Path(cache) / _key([source, *([table] if table else [])])

    def build(unfinished: Path) -> dict[str, Any]:
        frames = list(pairs(Part(source, "")))
        if not any(map(len, frames)):
            raise Mistake(f"{source}: empty; it must hold `user item` lines")
        numbered = kept(pl.concat(frames))
        catalogue = _catalogue(numbered.items, table, numbered.num_items)
        counts = store.write(unfinished, numbered, catalogue)
        return {"source": str(source), "sha256": sha256(source), "counts": counts}

    made = once(folder, {"format": store.FORMAT}, build)
    return store.load(name or source.stem, folder, made["counts"]["num_items"])


def _key(files: list[Path]) -> str:
    """A folder name that changes when a file does."""
    stats = [(str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    stem = re.sub(r"\W+", "_", files[0].stem)[:40]
    return f"{stem}-{hashlib.sha256(repr(stats).encode()).hexdigest()[:8]}"


def _titles(source: Path, titles: str) -> Path | None:
    if titles and not Path(titles).is_file():
        raise Mistake(f"dataset.titles must be a table of item and title, got {titles}")
    beside = source.with_suffix(".items.tsv")
    return Path(titles) if titles else beside if beside.is_file() else None


def _catalogue(items: pl.DataFrame, table: Path | None, num_items: int) -> pl.DataFrame:
    """Every item that is rated or described, with what is known of it."""
    if not table:
        return items.with_columns(title=pl.lit(""), genres=pl.lit(""))
    try:
        frame = pl.read_csv(table, separator="\t", quote_char=None, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise Mistake(f"{table}: must be a tab-separated table with a header ({error})") from None
    for column in ("item", "title"):
        if column not in frame.columns:
            raise Mistake(f"{table}:1: column {column} is missing; name the columns item and title")
    told = (
        frame.select(
            item=pl.col("item").cast(pl.Int32, strict=False),
            title="title",
            genres=first_of(frame, GENRES),
            told_id=first_of(frame, ORIGINALS),
        )
        .filter(pl.col("item").is_between(1, num_items))
        .unique("item", keep="first")
    )
    joined = items.join(told, on="item", how="full", coalesce=True).sort("item")
    return joined.with_columns(original_id=pl.coalesce("told_id", "original_id"))
