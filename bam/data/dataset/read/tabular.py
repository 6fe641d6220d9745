"""A user's own table: CSV, TSV, Parquet or JSON lines, told apart by how the file begins."""

import csv
import json
from collections.abc import Iterator
from io import BytesIO

import polars as pl
from tqdm import tqdm

from bam.data.dataset.read.cast import typed
from bam.data.dataset.read.delimited import Delimited
from bam.data.dataset.read.format import CATALOGUE
from bam.data.dataset.read.json_lines import JsonLines
from bam.data.dataset.read.part import Part
from bam.errors import Mistake

SEPARATORS = "\t,;|"
ROWS = 1 << 20  # of a Parquet file at a time


def rows(part: Part, columns: dict[str, str]) -> Iterator[pl.DataFrame]:
    """Typed interactions in file order; `columns` names the column of user, item, time, rating."""
    head = part.head()
    if head.startswith("PAR1"):
        return _parquet(part, columns)
    if head.startswith("{"):
        _demand(part, columns, list(_first_object(part, head)))
        return JsonLines(columns).chunks(part)
    return _delimited(part, head, columns).chunks(part)


def _delimited(part: Part, head: str, columns: dict[str, str]) -> Delimited:
    """By the names in the first line; or by position from 0, where no line names the columns."""
    split = {separator: next(csv.reader([head], delimiter=separator)) for separator in SEPARATORS}
    separator = max(split, key=lambda s: (set(columns.values()) <= set(split[s]), len(split[s])))
    names = split[separator]
    header = not (set(columns.values()) - set(names) and all(map(str.isdigit, columns.values())))
    if not header:
        names = [str(place) for place in range(len(names))]
    _demand(part, columns, names)
    roles = {column: role for role, column in columns.items()}
    fields = tuple(roles.get(name, "") for name in names)
    return Delimited(separator, fields, header=header, quoted=True)


def _parquet(part: Part, columns: dict[str, str]) -> Iterator[pl.DataFrame]:
    if part.member:
        raise Mistake(f"{part}: a Parquet file must not lie in a zip; unpack it")
    table = pl.scan_parquet(part.path)
    try:
        _demand(part, columns, table.collect_schema().names())
    except pl.exceptions.PolarsError as error:
        raise Mistake(f"{part}: damaged ({error}); write it again") from None
    chosen = table.select(**{role: pl.col(column) for role, column in columns.items()})
    count = chosen.select(pl.len()).collect().item()
    for start in tqdm(range(0, count, ROWS), desc=f"read {part.name}"):
        frame = typed(chosen.slice(start, ROWS).collect())
        bad = frame.with_row_index("row", start).filter(pl.any_horizontal(pl.all().is_null()))
        if len(bad):
            role = next(name for name, value in bad.row(0, named=True).items() if value is None)
            row = bad["row"][0] + 1
            raise Mistake(f"{part}: row {row}: {columns[role]} is missing or unreadable; mend it")
        yield frame


def _first_object(part: Part, head: str) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(head)
    except ValueError as error:
        raise Mistake(f"{part}:1: must be one JSON object a line ({error})") from None
    return found


def _demand(part: Part, columns: dict[str, str], names: list[str]) -> None:
    for column in columns.values():
        if column not in names:
            raise Mistake(f"{part}: column {column} is missing; it has {', '.join(names)[:200]}")


def descriptions(part: Part, columns: dict[str, str]) -> pl.DataFrame:
    """Titles and genres from a table of items; a list of genres is joined."""
    try:
        frame = _whole(part)
    except pl.exceptions.PolarsError as error:
        raise Mistake(f"{part}: unreadable ({error})") from None
    _demand(part, columns, frame.columns)
    named = {"item": "original_id"}
    told = frame.select(**{named.get(role, role): _text(frame, c) for role, c in columns.items()})
    missing = [pl.lit("").alias(name) for name in CATALOGUE if name not in told.columns]
    return told.with_columns(missing).select(*CATALOGUE)


def _whole(part: Part) -> pl.DataFrame:
    head = part.head()
    if head.startswith("PAR1"):
        return pl.read_parquet(part.path)
    data = BytesIO(part.text().encode())
    if head.startswith("{"):
        return pl.read_ndjson(data, infer_schema_length=None)
    separator = max(SEPARATORS, key=head.count)
    return pl.read_csv(data, separator=separator, infer_schema=False)


def _text(frame: pl.DataFrame, column: str) -> pl.Expr:
    lists = frame.schema[column] == pl.List(pl.String)
    return pl.col(column).list.join("|") if lists else pl.col(column).cast(pl.String)
