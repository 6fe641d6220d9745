"""Histories from a file: JSON lines or Parquet, with a user and a list of items each."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import polars as pl

from bam.errors import Mistake, require

LINE = 'a line must be {"user": "x", "items": ["a", "b"]}'
Read = tuple[str, list[str]]  # a user, and the ids of its items, oldest first


def read_histories(path: Path) -> list[Read]:
    """The users of a .jsonl or .parquet file, and the ids of their items, in the order of the file.

    Ids are text; a number is taken as it is written there.

    Raises:
        Mistake: another ending, or `path:line: what is wrong`.
    """
    require(path.suffix in READERS, f"histories must end in {' or '.join(READERS)}", str(path))
    found: dict[str, list[str]] = {}
    for line, user, items in READERS[path.suffix](path):
        if user in found:
            raise Mistake(f"{path}:{line}: the user {user!r} comes twice; give all its items once")
        found[user] = items
    require(bool(found), "histories must hold at least one user", str(path))
    return list(found.items())


def _read_json_lines(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, *_read_line(line, f"{path}:{number}")


def _read_line(line: bytes, place: str) -> Read:
    try:
        found = json.loads(
            line.decode("utf-8-sig"), parse_int=str, parse_float=str, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise Mistake(f"{place}: no JSON ({error}); {LINE}") from None
    if not isinstance(found, dict) or not {"user", "items"} <= found.keys():
        raise Mistake(f"{place}: user or items is missing; {LINE}")
    user, items = found["user"], found["items"]
    if not _is_id(user):
        raise Mistake(f"{place}: user must be an id, text or a number, got {_short(user)}")
    if not isinstance(items, list):
        raise Mistake(f"{place}: items must be a list of ids, got {_short(items)}")
    for item in items:
        if not _is_id(item):
            raise Mistake(f"{place}: items must be ids, text or numbers, got {_short(item)}")
    return user, items


def _is_id(value: Any) -> bool:
    """Whether it is text, as numbers are here, that can be written again."""
    is_text = isinstance(value, str) and value != ""
    return is_text and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _short(value: Any) -> str:
    return json.dumps(value)[:60]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value of JSON")


def _read_parquet(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    try:
        _require_columns(path, pl.scan_parquet(path, glob=False).collect_schema())
        frame = pl.read_parquet(path, columns=["user", "items"], glob=False)
    except pl.exceptions.PolarsError as error:
        raise Mistake(f"{path}: no whole Parquet file ({error})") from None
    texts = frame.select(pl.col("user").cast(pl.String), pl.col("items").cast(pl.List(pl.String)))
    for row, (user, items) in enumerate(texts.iter_rows(), 1):
        if not user or items is None or not all(items):
            raise Mistake(f"{path}:{row}: user and items must not be empty in any row")
        yield row, user, items


def _require_columns(path: Path, schema: Mapping[str, Any]) -> None:
    items = schema.get("items")
    if _holds_ids(schema.get("user")) and isinstance(items, pl.List) and _holds_ids(items.inner):
        return
    has = ", ".join(f"{name} {kind}" for name, kind in schema.items())
    raise Mistake(
        f"{path}: the columns must be user, an id, and items, a list of ids (text or whole "
        f"numbers), got {has}"
    )


def _holds_ids(kind: Any) -> bool:
    return isinstance(kind, pl.DataType) and (kind == pl.String or kind.is_integer())


READERS: dict[str, Callable[[Path], Iterator[tuple[int, str, list[str]]]]] = {
    ".jsonl": _read_json_lines,
    ".parquet": _read_parquet,
}
