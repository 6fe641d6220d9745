"""RecBole's atomic files: `.inter` with a typed header, `.item` beside it."""

from collections.abc import Iterator
from io import StringIO
from pathlib import PurePosixPath

import polars as pl

from bam.data.dataset.read.delimited import Delimited
from bam.data.dataset.read.format import Format, no_catalogue
from bam.data.dataset.read.part import Part

FIELDS = {"user_id": "user", "item_id": "item", "rating": "rating", "timestamp": "time"}
TITLES = ("title", "movie_title", "name", "item_name")
GENRES = ("genres", "genre", "class", "categories")


def _chunks(part: Part) -> Iterator[pl.DataFrame]:
    header = part.first_line().split("\t")
    fields = tuple(FIELDS.get(field.partition(":")[0], "") for field in header)
    return Delimited("\t", fields, header=True, quoted=False).chunks(part)


def _catalogue(part: Part, wanted: pl.Series) -> pl.DataFrame:
    """A release year is added to the title, as MovieLens itself writes it."""
    items = part.sibling(f"{PurePosixPath(part.name).stem}.item")
    if not items:
        return no_catalogue(part, wanted)
    table = StringIO(items.read_text())
    frame = pl.read_csv(table, separator="\t", quote_char=None, infer_schema=False)
    frame = frame.rename(lambda name: name.partition(":")[0])
    # the distributed MovieLens files misspell the one film that has no title
    frame = frame.with_columns(pl.all().fill_null("").replace("unkonwn", "unknown"))
    return frame.select(
        original_id="item_id",
        title=_add_year(frame, first_of(frame, TITLES)),
        genres=first_of(frame, GENRES).str.replace_all(" ", "|"),
    )


def _add_year(frame: pl.DataFrame, title: pl.Expr) -> pl.Expr:
    if "release_year" not in frame.columns:
        return title
    year = pl.col("release_year")
    dated = pl.format("{} ({})", title, year)
    return pl.when(year.is_in(["", "unknown"])).then(title).otherwise(dated)


def first_of(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Expr:
    """The first of these columns that the table has; empty text if it has none."""
    return next((pl.col(name) for name in names if name in frame.columns), pl.lit(""))


RECBOLE = Format(
    name="RecBole's .inter",
    file="*.inter",
    first_line=r"(?=.*\bitem_id:token\b)(.*\t)?user_id:token\b.*",
    chunks=_chunks,
    catalogue=_catalogue,
)
