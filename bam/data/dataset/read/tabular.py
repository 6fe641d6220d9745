"""A user's own table: CSV, TSV, Parquet or JSON lines, which is decided by the first bytes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import polars as pl

from bam.data.dataset.read.cast import as_known, read_id
from bam.data.dataset.read.delimited import Delimited
from bam.data.dataset.read.format import CATALOGUE
from bam.data.dataset.read.header import OPTION
from bam.data.dataset.read.json_lines import JsonLines
from bam.data.dataset.read.layout import Layout
from bam.data.dataset.read.lines import blocks
from bam.data.dataset.read.parquet import parsing, read_parquet, require_columns, require_unpacked
from bam.data.dataset.read.part import Part
from bam.errors import Mistake

# a list of texts, one of several numbers, or an object, that a program wrote as text
NUMBERS = r"\[\s*[-+.\d][-+.\deE]*[,\s][-+.\deE,\s]*\]"
WRITTEN = rf"""^\s*(\[\s*['"].*['"]\s*\]|{NUMBERS}|\{{\s*['"].*:.*\}})\s*$"""


def read_rows(
    *parts: Part, columns: dict[str, str], layout: Layout, encoding: str, time_form: str
) -> Iterator[pl.DataFrame]:
    """Interactions in file order; `columns` names the columns of user, item, time and rating.

    Several parts are read one after another, and must be alike.

    Raises:
        Mistake: a column is missing, a row cannot be read, or two parts differ.
    """
    first, *others = recoded = [replace(part, encoding=encoding) for part in parts]
    for part in others:
        if _kind(part) != _kind(first):
            differ = f"{first} and {part} must be of one kind, got {_kind(first)} and {_kind(part)}"
            raise Mistake(f"{differ}; dataset.raw must name the files alone")
    if _kind(first) == "Parquet":
        return read_parquet(tuple(parts), columns, time_form)
    if _kind(first) == "a JSON list":
        raise Mistake(f"{first}: must be one JSON object a line, got a list; write JSON lines")
    if _kind(first) == "JSON lines":
        return _json_reader(first, columns, time_form).chunks(*recoded)
    reader = layout.find_reader(first, columns, time_form)
    for part in others:
        line = part.first_line()  # empty where Spark packed no rows
        if not reader.header and line and layout.finds_header(part, columns, reader):
            raise Mistake(
                f"{part}: has a header, got {line[:80]!r}, and {first} has none; {OPTION}"
            )
    return reader.chunks(*recoded)


def _kind(part: Part) -> str:
    if part.is_parquet:
        return "Parquet"
    start = part.first_line().lstrip()[:2]
    if start.startswith("{"):
        return "JSON lines"
    return "a JSON list" if start in ("[", "[{") else "lines of fields"


def _json_reader(part: Part, columns: dict[str, str], time_form: str) -> JsonLines:
    first = _first_object(part)
    require_columns(part, columns, list(first))
    lists = tuple(role for role, key in columns.items() if isinstance(first[key], list))
    return JsonLines(columns, time_form, lists)


def _first_object(part: Part) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(part.first_line())
    except (ValueError, RecursionError) as error:
        raise Mistake(f"{part}:1: must be one JSON object a line ({error}); correct it") from None
    return found


def read_catalogue(part: Part, columns: dict[str, str], known: pl.Series) -> pl.DataFrame:
    """Titles and genres from a table of items; a list of genres is joined by `|`.

    The ids are written as the `known` ones of the data set are.

    How the table is laid out is found out.

    Raises:
        Mistake: the table cannot be read, or a column is missing.
    """
    frame = read_table(part, columns)
    with parsing(part):
        texts = {role: join_texts(part, frame, column) for role, column in columns.items()}
        catalogue = frame.select(**texts).rename({"item": "original_id"})
    original_id = as_known(read_id(frame[columns["item"]]), known).alias("original_id")
    catalogue = catalogue.with_columns(original_id)
    missing = [pl.lit("").alias(name) for name in CATALOGUE if name not in catalogue.columns]
    return catalogue.with_columns(missing).select(*CATALOGUE)


def read_table(part: Part, columns: dict[str, str]) -> pl.DataFrame:
    """A whole table in which the columns, of any table of items, are.

    How it is laid out is found out.

    Raises:
        Mistake: it cannot be read, or a column is missing.
    """
    with parsing(part):
        frame = _read_whole(part, columns)
        require_columns(part, columns, frame.columns)
    return frame


def check_table(part: Part, columns: dict[str, str]) -> None:
    """Refuse a table without the columns by its beginning; an object of JSON may lack a key.

    Raises:
        Mistake: a column is missing, or the beginning cannot be read.
    """
    with parsing(part):
        kind = _kind(part)
        if kind == "Parquet":
            require_unpacked(part)
            schema = pl.scan_parquet(part.path, glob=False).collect_schema()
            require_columns(part, columns, schema.names())
        if kind == "lines of fields":
            _find_reader(part, columns)


def _read_whole(part: Part, columns: dict[str, str]) -> pl.DataFrame:
    if _kind(part) == "Parquet":
        require_unpacked(part)
        return pl.read_parquet(part.path, glob=False)
    if _kind(part) == "JSON lines":
        data = b"".join(block.data for block in blocks(part, quote=""))
        return pl.read_ndjson(BytesIO(data), infer_schema_length=None)
    frames = [texts for _, texts in _find_reader(part, columns).texts(part)]
    schema = dict.fromkeys(columns.values(), pl.String)
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _find_reader(part: Part, columns: dict[str, str]) -> Delimited:
    by_name = {column: column for column in columns.values()}
    return Layout("auto", "auto", "auto").find_reader(part, by_name, time_form="")


def join_texts(part: Part, frame: pl.DataFrame, column: str) -> pl.Expr:
    """A column as text; the texts of a list are joined by `|`.

    Raises:
        Mistake: it has objects, or lists beside texts.
    """
    kind, text = frame.schema[column], pl.col(column)
    if isinstance(kind, pl.Array):
        kind, text = pl.List(kind.inner), text.arr.to_list()
    if kind == pl.List(pl.List(pl.String)):  # paths of categories, as Amazon has them
        return text.list.eval(pl.element().explode()).list.join("|")
    written = kind == pl.String and frame[column].str.contains(WRITTEN).any()
    inner = kind.inner if isinstance(kind, pl.List) else kind
    if isinstance(inner, pl.Struct) or written:
        raise Mistake(
            f"{part}: column {column} must hold a text such as A|B, or a list of texts, in every "
            "row; it has objects, or lists that were written as text (Parquet, JSON lines and .npy "
            "hold vectors)"
        )
    if isinstance(kind, pl.List):
        return text.cast(pl.List(pl.String)).list.join("|")
    return text.cast(pl.String)
