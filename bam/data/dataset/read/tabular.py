"""A user's own table: CSV, TSV, Parquet or JSON lines, which is decided by the first bytes."""

import csv
import json
from collections.abc import Iterator
from io import BytesIO

import polars as pl
from tqdm import tqdm

from bam.data.dataset.read.cast import cast
from bam.data.dataset.read.delimited import Delimited
from bam.data.dataset.read.format import CATALOGUE
from bam.data.dataset.read.json_lines import JsonLines
from bam.data.dataset.read.part import Part
from bam.errors import Mistake

SEPARATORS = "\t,;|"
ROWS = 1 << 20  # of a Parquet file at a time


def read_rows(part: Part, columns: dict[str, str]) -> Iterator[pl.DataFrame]:
    """Interactions in file order; `columns` names the columns of user, item, time and rating.

    Raises:
        Mistake: a column is missing, or a row cannot be read.
    """
    head = part.first_line()
    if head.startswith("PAR1"):
        return _read_parquet(part, columns)
    if head.startswith("{"):
        _require_columns(part, columns, list(_first_object(part, head)))
        return JsonLines(columns).chunks(part)
    return _delimited_reader(part, head, columns).chunks(part)


def _delimited_reader(part: Part, head: str, columns: dict[str, str]) -> Delimited:
    """Columns by the names in the first line, or by position from 0 if it has none."""
    split = {separator: next(csv.reader([head], delimiter=separator)) for separator in SEPARATORS}
    separator = max(split, key=lambda s: (set(columns.values()) <= set(split[s]), len(split[s])))
    names = split[separator]
    header = not (set(columns.values()) - set(names) and all(map(str.isdigit, columns.values())))
    if not header:
        names = [str(place) for place in range(len(names))]
    _require_columns(part, columns, names)
    roles = {column: role for role, column in columns.items()}
    fields = tuple(roles.get(name, "") for name in names)
    return Delimited(separator, fields, header=header, quoted=True)


def _read_parquet(part: Part, columns: dict[str, str]) -> Iterator[pl.DataFrame]:
    if part.member:
        raise Mistake(f"{part}: a Parquet file inside a zip cannot be read; unpack it")
    table = pl.scan_parquet(part.path)
    try:
        _require_columns(part, columns, table.collect_schema().names())
    except pl.exceptions.PolarsError as error:
        raise Mistake(f"{part}: damaged ({error}); write it again") from None
    chosen = table.select(**{role: pl.col(column) for role, column in columns.items()})
    count = chosen.select(pl.len()).collect().item()
    for start in tqdm(range(0, count, ROWS), desc=f"read {part.name}"):
        frame = cast(chosen.slice(start, ROWS).collect())
        _require_values(part, columns, frame, start)
        yield frame


def _require_values(
    part: Part, columns: dict[str, str], frame: pl.DataFrame, first_row: int
) -> None:
    bad = frame.with_row_index("row", first_row).filter(pl.any_horizontal(pl.all().is_null()))
    if len(bad):
        role = next(name for name, value in bad.row(0, named=True).items() if value is None)
        problem = f"row {bad['row'][0] + 1}: {columns[role]} is missing or unreadable"
        raise Mistake(f"{part}: {problem}; correct the row")


def _first_object(part: Part, head: str) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(head)
    except ValueError as error:
        raise Mistake(f"{part}:1: must be one JSON object a line ({error}); correct it") from None
    return found


def _require_columns(part: Part, columns: dict[str, str], names: list[str]) -> None:
    for column in columns.values():
        if column not in names:
            known = ", ".join(names)[:200]
            raise Mistake(f"{part}: column {column} is missing; the file has {known}")


def read_catalogue(part: Part, columns: dict[str, str]) -> pl.DataFrame:
    """Titles and genres from a table of items; a list of genres is joined by `|`.

    Raises:
        Mistake: the table cannot be read, or a column is missing.
    """
    try:
        frame = _read_whole(part)
    except pl.exceptions.PolarsError as error:
        raise Mistake(f"{part}: unreadable ({error}); give a table") from None
    _require_columns(part, columns, frame.columns)
    texts = {role: _text(frame, column) for role, column in columns.items()}
    catalogue = frame.select(**texts).rename({"item": "original_id"})
    missing = [pl.lit("").alias(name) for name in CATALOGUE if name not in catalogue.columns]
    return catalogue.with_columns(missing).select(*CATALOGUE)


def _read_whole(part: Part) -> pl.DataFrame:
    head = part.first_line()
    if head.startswith("PAR1"):
        return pl.read_parquet(part.path)
    data = BytesIO(part.read_text().encode())
    if head.startswith("{"):
        return pl.read_ndjson(data, infer_schema_length=None)
    separator = max(SEPARATORS, key=head.count)
    return pl.read_csv(data, separator=separator, infer_schema=False)


def _text(frame: pl.DataFrame, column: str) -> pl.Expr:
    lists = frame.schema[column] == pl.List(pl.String)
    return pl.col(column).list.join("|") if lists else pl.col(column).cast(pl.String)
