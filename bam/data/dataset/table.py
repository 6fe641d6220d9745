"""A user's own data."""

import re
from functools import partial
from pathlib import Path

import polars as pl

from bam.data.dataset.build.download import Download
from bam.data.dataset.build.filters import Filters
from bam.data.dataset.prepare import prepared
from bam.data.dataset.read.cast import KEPT
from bam.data.dataset.read.format import Format, no_catalogue
from bam.data.dataset.read.part import Part
from bam.data.dataset.read.tabular import descriptions, rows
from bam.errors import Mistake
from bam.records import Interactions

DESCRIBED = ("item", "title", "genres")


def table(
    name: str,
    folder: str,
    raw: str,
    columns: dict[str, str],
    catalogue: str,
    catalogue_columns: dict[str, str],
    filters: Filters,
) -> Interactions:
    """Interactions from one table, and where `catalogue` names another, titles from that.

    `columns` gives the column of user and item and, where there, of time and rating; without a
    time the order of the file is the order in time. `catalogue_columns` gives item, title, genres.
    """
    if not re.fullmatch(r"[\w.-]+", name):
        raise Mistake(f"dataset.name must be letters, digits, `_`, `.` or `-`, got {name!r}")
    if not raw:
        raise Mistake("dataset.raw must name a CSV, TSV, Parquet or JSON lines file, got nothing")
    if catalogue and not Path(catalogue).is_file():
        raise Mistake(f"dataset.catalogue must be a file that exists, got {catalogue}")
    chosen = _roles("columns", columns, needed=KEPT[:2], known=KEPT)
    told = _roles("catalogue_columns", catalogue_columns, needed=(), known=DESCRIBED)
    own = Format(
        name=f"a table with {chosen}"
        + (f", described by {catalogue} with {told}" * bool(catalogue)),
        file="*",
        first_line=".*",
        chunks=partial(rows, columns=chosen),
        catalogue=partial(_described, catalogue, told) if catalogue else no_catalogue,
    )
    nowhere = Download(origins=[], folder=folder, by_hand="")
    return prepared(name, folder, raw, nowhere, [own], filters, expected={}, published={})


def _described(
    catalogue: str, columns: dict[str, str], part: Part, wanted: pl.Series
) -> pl.DataFrame:
    return descriptions(Part(Path(catalogue), ""), columns)


def _roles(
    option: str, columns: dict[str, str], needed: tuple[str, ...], known: tuple[str, ...]
) -> dict[str, str]:
    for role in columns:
        if role not in known:
            raise Mistake(f"dataset.{option} may name {', '.join(known)}, got {role}")
    given = {role: str(column) for role, column in columns.items() if str(column)}
    for role in needed:
        if role not in given:
            raise Mistake(f"dataset.{option} must name the column of {role}")
    return given
