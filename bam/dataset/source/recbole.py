"""RecBole's atomic files: `.inter` with a typed header, `.item` beside it."""

from io import StringIO
from pathlib import Path, PurePosixPath

import polars as pl

from bam.dataset.raw import Part, find
from bam.dataset.source import Content, no_catalogue
from bam.dataset.source.delimited import Delimited

FIELDS = {"user_id": "user", "item_id": "item", "rating": "rating", "timestamp": "time"}
TITLES = ("title", "movie_title", "name", "item_name")
GENRES = ("genres", "genre", "class", "categories")


class RecBole:
    """Reads the fields user_id, item_id and, where there, rating and timestamp."""

    def find(self, raw: Path) -> Part | None:
        """A file whose first line is a typed header."""
        part = find(raw, "*.inter")
        return part if part and {"user_id", "item_id"} <= set(_header(part)) else None

    def read(self, part: Part) -> Content:
        """Interactions in file order; a release year goes to the title, as MovieLens writes it."""
        fields = tuple(FIELDS.get(name, "") for name in _header(part))
        chunks = Delimited("\t", fields, header=True, quoted=False).chunks(part)
        items = part.beside(f"{PurePosixPath(part.member or part.path.name).stem}.item")
        return Content(chunks, _catalogue(items) if items else no_catalogue())


def _header(part: Part) -> list[str]:
    return [field.partition(":")[0] for field in part.first_line().split("\t")]


def _catalogue(items: Part) -> pl.DataFrame:
    text = items.text("utf-8-sig")
    frame = pl.read_csv(StringIO(text), separator="\t", quote_char=None, infer_schema=False)
    frame = frame.rename(lambda name: name.partition(":")[0])
    # the distributed MovieLens files misspell the one film that has no title
    frame = frame.with_columns(pl.all().fill_null("").replace("unkonwn", "unknown"))
    return frame.select(
        original_id="item_id",
        title=_title(frame, _first(frame, TITLES)),
        genres=_first(frame, GENRES).str.replace_all(" ", "|"),
    )


def _first(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Expr:
    return next((pl.col(name) for name in names if name in frame.columns), pl.lit(""))


def _title(frame: pl.DataFrame, title: pl.Expr) -> pl.Expr:
    if "release_year" not in frame.columns:
        return title
    year = pl.col("release_year")
    dated = pl.format("{} ({})", title, year)
    return pl.when(year.is_in(["", "unknown"])).then(title).otherwise(dated)
