"""A user's own files, and the interactions that are read from them."""

from pathlib import Path

import polars as pl

from bam.data.dataset.build import store
from bam.data.dataset.build.download import Download
from bam.data.dataset.sequences import sequences
from bam.data.dataset.table import table
from tests.data.dataset.tiny_raw import no_filters

USUAL = {
    "events": [],
    "header": "auto",
    "separator": "auto",
    "quote": "auto",
    "encoding": "utf-8",
    "time_format": "",
}
FEATURELESS = {"features": {}, "cold_items": False}
NAMED = {"user": "user", "item": "item"}
TIMED = {**NAMED, "time": "time"}
PLACED = {"user": "0", "item": "1"}


def write(path, content):
    """A file of text, of bytes, or of Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, pl.DataFrame):
        content.write_parquet(path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def prepare(raw, columns, **changed):
    """The data set that the table makes."""
    arguments = {
        **USUAL,
        "name": "mine",
        "folder": str(raw.parent / f"data-{len(list(raw.parent.iterdir()))}"),
        "raw": str(raw),
        "columns": columns,
        "catalogue": "",
        "catalogue_columns": {},
        "filters": no_filters(),
        **FEATURELESS,
    }
    return table(**{**arguments, **changed})


def prepare_sequences(path, **changed):
    """The data set of a file of `user item item ...` lines."""
    arguments = {
        "name": "mine",
        "folder": str(path.parent / f"data-{len(list(path.parent.iterdir()))}"),
        "raw": str(path),
        "download": Download(origins=[], folder="", by_hand="x of https://example.org"),
        "catalogue": "",
        "catalogue_columns": {"item": "item", "title": "title", "genres": ""},
        "filters": no_filters(),
        "expected": {},
        **FEATURELESS,
    }
    return sequences(**{**arguments, **changed})


def read(raw, columns, **changed):
    """`user item` of every interaction, by their own ids; users in the order of their ids."""
    data = prepare(raw, columns, **changed)
    users = read_users(data.folder)
    items = store.read_catalogue(data.folder)["original_id"].to_list()
    lengths = data.offsets.diff().tolist()
    owners = [user for user, length in zip(users, lengths, strict=True) for _ in range(length)]
    return [f"{u} {items[i - 1]}" for u, i in zip(owners, data.items.tolist(), strict=True)]


def read_users(folder: Path):
    """Their own ids."""
    lines = (folder / "users.tsv").read_text().splitlines()
    return [line.partition("\t")[2] for line in lines[1:]]
