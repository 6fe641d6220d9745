"""MovieLens as GroupLens publishes it (Harper and Konstan, TiiS 2015)."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import polars as pl

from bam.data.dataset.publisher.recbole import RECBOLE
from bam.data.dataset.read.delimited import Delimited
from bam.data.dataset.read.format import CATALOGUE, Format, no_catalogue
from bam.data.dataset.read.pairs import PAIRS
from bam.data.dataset.read.part import Part

FIELDS = ("user", "item", "rating", "time")
GENRES = (  # the columns at the end of u.item
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)


def formats() -> list[Format]:
    """All forms of MovieLens; titles are such as `Toy Story (1995)`."""
    return [U_DATA, RATINGS_DAT, RATINGS_CSV, RECBOLE, PAIRS]


def _films(file: str, parse: Callable[[str], pl.DataFrame]) -> dict[str, Any]:
    """How a Format finds the file of films beside the ratings, and parses its text."""

    def find(ratings: Part) -> Part | None:
        return ratings.sibling(file)

    def read(ratings: Part, wanted: pl.Series) -> pl.DataFrame:
        films = find(ratings)
        return parse(films.read_text()) if films else no_catalogue(ratings, wanted)

    return {"catalogue": read, "beside": find}


def _u_item(text: str) -> pl.DataFrame:
    lines = [line.split("|") for line in text.replace("\r\n", "\n").split("\n") if line]
    rows = [(line[0], line[1], _genres(line[-len(GENRES) :])) for line in lines]
    return pl.DataFrame(rows, schema=CATALOGUE, orient="row")


def _genres(flags: list[str]) -> str:
    return "|".join(genre for genre, flag in zip(GENRES, flags, strict=True) if flag == "1")


def _movies_dat(text: str) -> pl.DataFrame:
    rows = [line.split("::") for line in text.replace("\r\n", "\n").split("\n") if line]
    return pl.DataFrame(rows, schema=CATALOGUE, orient="row")


def _movies_csv(text: str) -> pl.DataFrame:
    frame = pl.read_csv(StringIO(text), infer_schema=False)
    return frame.select(original_id="movieId", title="title", genres="genres")


U_DATA = Format(
    name="u.data of MovieLens 100K",
    file="u.data",
    first_line=r"\d+\t\d+\t\d\t\d+",
    chunks=Delimited("\t", FIELDS, header=False, quote="", time_form="s").chunks,
    **_films("u.item", _u_item),
)
RATINGS_DAT = Format(
    name="ratings.dat of MovieLens 1M or 10M",
    file="ratings.dat",
    first_line=r"\d+::\d+::[\d.]+::\d+",
    chunks=Delimited("::", FIELDS, header=False, quote="", time_form="s").chunks,
    **_films("movies.dat", _movies_dat),
)
RATINGS_CSV = Format(
    name="ratings.csv of MovieLens 20M and later",
    file="ratings.csv",
    first_line="userId,movieId,rating,timestamp",
    chunks=Delimited(",", FIELDS, header=True, quote="", time_form="s").chunks,
    **_films("movies.csv", _movies_csv),
)
