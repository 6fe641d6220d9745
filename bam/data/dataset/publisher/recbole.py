"""RecBole's atomic files: `.inter` with a typed header, `.item` beside it."""

import logging
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import PurePosixPath

import polars as pl

from bam.data.dataset.publisher.recbole_sequence import read_sequences
from bam.data.dataset.read.cast import as_known, read_id
from bam.data.dataset.read.delimited import Delimited
from bam.data.dataset.read.format import Format, no_catalogue
from bam.data.dataset.read.part import Part
from bam.data.dataset.read.split_files import without_split
from bam.errors import Mistake

log = logging.getLogger(__name__)
FIELDS = {"user_id": "user", "item_id": "item", "rating": "rating"}
TIMES = {"time", "times", "date", "datetime", "timestamp", "ts", "at", "day"}
UNITS = {"s", "sec", "seconds", "ms", "us", "ns", "utc", "unix"}  # may come after one of TIMES
SEQUENCE = "item_id_list"  # what came before the item of the row
TITLES = ("title", "movie_title", "name", "item_name")
GENRES = ("genres", "genre", "class", "categories")


def _chunks(*parts: Part) -> Iterator[pl.DataFrame]:
    part = parts[0]
    header = part.first_line().split("\t")
    names = [field.partition(":")[0] for field in header]
    if SEQUENCE in names:
        for other in parts[1:]:
            if other.first_line() != part.first_line():
                raise Mistake(f"{part} and {other} must have one header; correct one of them")
        return read_sequences(*parts)
    time = _find_time(part, header)
    fields = tuple(
        "time" if field == time else FIELDS.get(name, "")
        for field, name in zip(header, names, strict=True)
    )
    return Delimited("\t", fields, header=True, quote="", time_form="").chunks(*parts)


def _find_time(part: Part, header: list[str]) -> str:
    """The typed field of the time; empty if there is none.

    Raises:
        Mistake: there are several.
    """
    if "timestamp:float" in header:
        return "timestamp:float"
    times = [field for field in header if _is_time(field)]
    if len(times) > 1:
        raise Mistake(
            f"{part}: one field must be the time, got {', '.join(times)}; "
            "name the right one timestamp:float"
        )
    if times:
        log.info("%s: the time is in %s", part, times[0])
    return times[0] if times else ""


def _is_time(field: str) -> bool:
    """Whether the last word of its name is a time: review_time and createdAt, not playtime."""
    name, _, kind = field.partition(":")
    words = re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")
    while len(words) > 1 and words[-1] in UNITS:
        words.pop()
    return kind in ("float", "token") and words[-1] in TIMES


def _find_items(part: Part) -> Part | None:
    whole = without_split(part.name)
    return part.sibling(*(f"{PurePosixPath(name).stem}.item" for name in (part.name, whole)))


def _catalogue(part: Part, wanted: pl.Series) -> pl.DataFrame:
    """A release year is added to the title, as MovieLens itself writes it."""
    items = _find_items(part)
    if not items:
        return no_catalogue(part, wanted)
    table = StringIO(items.read_text())
    frame = pl.read_csv(table, separator="\t", quote_char=None, infer_schema=False)
    frame = frame.rename(lambda name: name.partition(":")[0])
    # the distributed MovieLens files misspell the one film that has no title
    frame = frame.with_columns(pl.all().fill_null("").replace("unkonwn", "unknown"))
    return frame.select(
        original_id=as_known(read_id(frame["item_id"]), wanted),
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
    first_line=r"(?=(.*\t)?item_id:token(\t|$))(.*\t)?user_id:token(\t.*)?",
    chunks=_chunks,
    catalogue=_catalogue,
    beside=_find_items,
    completed=True,
)
