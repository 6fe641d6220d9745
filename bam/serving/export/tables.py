"""The items and the histories of an export, as Parquet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import torch
from jaxtyping import Int
from torch import Tensor

from bam.errors import Mistake, require
from bam.serving.export.files import HISTORIES, ITEMS, REMEDY, check_file
from bam.serving.histories import Users
from bam.serving.items import Items

NO_TIMES = torch.empty(0, dtype=torch.int64)
NAMES = {"item": pl.Int32, "id": pl.String, "title": pl.String, "genres": pl.String}


def write_items(folder: Path, items: Items, with_counts: bool) -> None:
    """Write a row an item: its number, id, title and genres, and its place by popularity.

    The item with the most interactions has the place 1; one that no interaction has trained has
    none. The counts themselves are data: they are written only where that is wanted.
    """
    place = torch.zeros(len(items.count), dtype=torch.int32)
    place[items.popular] = torch.arange(1, len(items.count), dtype=torch.int32)
    frame = items.frame.with_row_index("item").with_columns(
        item=pl.col("item").cast(pl.Int32),
        popularity=pl.Series(place.masked_fill(items.count == 0, 0).numpy()).replace(0, None),
    )
    if with_counts:
        frame = frame.with_columns(count=pl.Series(items.count.numpy()))
    frame.slice(1).write_parquet(folder / ITEMS)


def read_items(folder: Path, num_items: int) -> Items:
    """What `write_items` wrote; without counts they are numbers of the same order.

    Raises:
        Mistake: the file is damaged.
    """
    frame = _read(folder / ITEMS, {**NAMES, "popularity": pl.Int32})
    require(
        frame["item"].equals(pl.Series("item", range(1, num_items + 1), dtype=pl.Int32)),
        f"{folder / ITEMS} must have the items 1 to {num_items} in their order",
        len(frame),
    )
    if "count" in frame.columns:
        count = frame["count"]
    else:
        count = (num_items + 1 - frame["popularity"]).fill_null(0)
    names = frame.select("id", "title", "genres").fill_null("")
    padding = pl.DataFrame({name: [""] for name in names.columns})
    counts = torch.cat([torch.zeros(1, dtype=torch.int64), count.cast(pl.Int64).to_torch()])
    return Items(pl.concat([padding, names]), counts)


def write_histories(folder: Path, users: Users, with_times: bool) -> None:
    """Write a row a user: the id, and the numbers of the items, oldest first; perhaps times."""
    histories = users.all()
    columns: dict[str, list[Any]] = {
        "user": [history.user for history in histories],
        "items": [history.items.numpy() for history in histories],
    }
    if with_times:
        columns["times"] = [history.times.numpy() for history in histories]
    kinds: dict[str, Any] = {
        "user": pl.String,
        "items": pl.List(pl.Int32),
        "times": pl.List(pl.Int64),
    }
    schema = {name: kinds[name] for name in columns}
    pl.DataFrame(columns, schema=schema).write_parquet(folder / HISTORIES)


def read_histories(folder: Path, num_items: int) -> Users:
    """What `write_histories` wrote; no users where the export has no histories.

    Raises:
        Mistake: the file is damaged, or has an item that the export does not have.
    """
    if not (folder / HISTORIES).is_file():
        no_items = torch.empty(0, dtype=torch.int32)
        return _users(pl.Series([], dtype=pl.String), no_items, [], NO_TIMES)
    frame = _read(folder / HISTORIES, {"user": pl.String, "items": pl.List(pl.Int32)})
    lists = frame["items"]
    items = lists.explode(empty_as_null=False).drop_nulls()
    known = len(items) == 0 or bool(items.is_between(1, num_items).all())
    require(known, f"{folder / HISTORIES} must have items from 1 to {num_items}", items.max())
    lengths = lists.list.len().fill_null(0).to_list()
    return _users(frame["user"], items.to_torch(), lengths, _times(folder, frame, len(items)))


def _times(folder: Path, frame: pl.DataFrame, items: int) -> Int[Tensor, " T"]:
    """One an item, in seconds; none where they were not written."""
    if "times" not in frame.columns:
        return NO_TIMES
    is_list = frame.schema["times"] == pl.List(pl.Int64)
    require(is_list, f"{folder / HISTORIES} must have times as lists of numbers", frame.schema)
    times = frame["times"].explode(empty_as_null=False).drop_nulls()
    require(len(times) == items, f"{folder / HISTORIES} must have a time for each item", len(times))
    return times.to_torch()


def _users(
    ids: pl.Series,
    items: Int[Tensor, " N"],
    lengths: Sequence[int],
    times: Int[Tensor, " T"],
) -> Users:
    stop = torch.tensor(lengths, dtype=torch.int64).cumsum(0)
    start = stop - torch.tensor(lengths, dtype=torch.int64)
    return Users(ids, items, start, stop, times)


def _read(path: Path, columns: Mapping[str, Any]) -> pl.DataFrame:
    check_file(path)
    try:
        frame = pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise Mistake(f"{path}: no whole Parquet file ({error}); {REMEDY}") from error
    found = {name: frame.schema.get(name) for name in columns}
    require(found == columns, f"{path} must have the columns {', '.join(columns)}", found)
    return frame
