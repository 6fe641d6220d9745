"""MovieLens as GroupLens publishes it (Harper and Konstan, TiiS 2015)."""

import re
from pathlib import Path

import polars as pl

from bam.dataset.raw import Part, find
from bam.dataset.source import CATALOGUE, Content, no_catalogue
from bam.dataset.source.delimited import Delimited

FIELDS = ("user", "item", "rating", "time")
LATIN = "latin-1"
GENRES = (  # the columns at the end of u.item
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)


class MovieLens100k:
    """Reads u.data and, where it lies beside it, u.item."""

    ratings = Delimited("\t", FIELDS, header=False, quoted=False)

    def find(self, raw: Path) -> Part | None:
        """The file u.data, under any name if given itself."""
        part = find(raw, "u.data")
        known = part and re.fullmatch(r"\d+\t\d+\t\d\t\d+", part.first_line())
        return part if known else None

    def read(self, part: Part) -> Content:
        """Ratings in file order; titles such as `Toy Story (1995)`."""
        items = part.beside("u.item")
        return Content(self.ratings.chunks(part), _catalogue(items) if items else no_catalogue())


def _catalogue(items: Part) -> pl.DataFrame:
    rows = [line.split("|") for line in items.text(LATIN).splitlines() if line]
    flags = len(GENRES)
    return pl.DataFrame(
        [(row[0], row[1], _genres(row[-flags:])) for row in rows], schema=CATALOGUE, orient="row"
    )


def _genres(flags: list[str]) -> str:
    return "|".join(genre for genre, flag in zip(GENRES, flags, strict=True) if flag == "1")


class MovieLensDat:
    """Reads ratings.dat (MovieLens 1M and 10M) and movies.dat beside it."""

    ratings = Delimited("::", FIELDS, header=False, quoted=False)

    def find(self, raw: Path) -> Part | None:
        """The file ratings.dat, under any name if given itself."""
        part = find(raw, "ratings.dat")
        known = part and re.fullmatch(r"\d+::\d+::[\d.]+::\d+", part.first_line())
        return part if known else None

    def read(self, part: Part) -> Content:
        """Ratings in file order."""
        items = part.beside("movies.dat")
        return Content(self.ratings.chunks(part), _movies(items) if items else no_catalogue())


def _movies(items: Part) -> pl.DataFrame:
    rows = [line.split("::") for line in items.text(LATIN).splitlines() if line]
    return pl.DataFrame(rows, schema=CATALOGUE, orient="row")
