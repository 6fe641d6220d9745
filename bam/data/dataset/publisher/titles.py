"""Titles and genres from a file that the user names: Amazon's metadata, or a table of items."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from bam.data.dataset.publisher.amazon import read_metadata
from bam.data.dataset.read.part import Part
from bam.data.dataset.read.tabular import read_catalogue
from bam.errors import Mistake, require

COLUMNS = ("item", "title", "genres")
METADATA = re.compile(r"""\{.*["'](parent_)?asin["']:.*""")


def require_catalogue(path: str, columns: dict[str, str]) -> dict[str, str]:
    """The columns that have a name, of a catalogue that exists if it is named.

    Raises:
        Mistake: no such file, an unknown role of a column, or no column of items.
    """
    if path:
        require(Path(path).is_file(), "catalogue must be a file that exists", path)
    needed = ("item",) if path else ()
    return named_columns("catalogue_columns", columns, COLUMNS, needed)


def named_columns(
    option: str, columns: dict[str, str], known: tuple[str, ...], needed: tuple[str, ...]
) -> dict[str, str]:
    """The columns that have a name.

    Raises:
        Mistake: a role is not known, or a needed one has no column.
    """
    for role in columns:
        if role not in known:
            raise Mistake(f"{option} must be columns of {', '.join(known)}, got one of {role}")
    used = {role: str(column).strip() for role, column in columns.items() if str(column)}
    for role in needed:
        if role not in used:
            raise Mistake(f"{option} must name the column of {role}, got {columns}")
    return used


def titles(
    path: str, columns: dict[str, str], encoding: str
) -> Callable[[Part, pl.Series], pl.DataFrame]:
    """The catalogue of a Format: what the file has of the wanted items.

    A file with Amazon's keys is Amazon's metadata, unless `columns` names keys of its first line.
    """
    return partial(_read, Part(Path(path), "", encoding), columns)


def _read(file: Part, columns: dict[str, str], part: Part, wanted: pl.Series) -> pl.DataFrame:
    first = file.first_line()
    by_key = all(f'"{column}":' in first for column in columns.values())
    if METADATA.fullmatch(first) and not by_key:
        return read_metadata(file, wanted)
    return read_catalogue(file, columns, wanted)
