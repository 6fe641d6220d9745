"""A user's own table."""

import codecs
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import polars as pl

from bam.data.dataset.build.download import Download
from bam.data.dataset.build.filters import Filters
from bam.data.dataset.prepare import prepare
from bam.data.dataset.publisher.titles import named_columns, require_catalogue, titles
from bam.data.dataset.read.cast import FIELDS
from bam.data.dataset.read.events import keep_events
from bam.data.dataset.read.format import Format, no_catalogue
from bam.data.dataset.read.layout import NO_QUOTE, Layout
from bam.data.dataset.read.part import UTF_8, Part
from bam.data.dataset.read.tabular import read_rows
from bam.data.dataset.read.times import require_form
from bam.errors import Mistake, require
from bam.records import Interactions

USUAL = {"layout": Layout("auto", "auto", "auto"), "encoding": UTF_8, "time_form": ""}


def table(
    name: str,
    folder: str,
    raw: str,
    columns: dict[str, str],
    events: list[str],
    header: bool | str,
    separator: str,
    quote: str | None,
    encoding: str,
    time_format: str,
    catalogue: str,
    catalogue_columns: dict[str, str],
    filters: Filters,
    features: dict[str, str],
    cold_items: bool,
) -> Interactions:
    """Interactions from the table `raw`, and titles from the table `catalogue`, if it is not empty.

    `columns` names the columns of user and item and, where they exist, of time, of the order of
    equal times, of rating and of event. Without time and order, the file is in time order. Of the
    events, those of `events` are used. `header`, `separator` and `quote` are those of
    Layout. `encoding` is that of the text. `time_format` is a unit or a pattern; if empty, it is
    found out. `catalogue_columns` names the columns of item, title and genres. `features` and
    `cold_items` are those of `prepare`.

    Raises:
        Mistake: an option is wrong, or a table cannot be read.
    """
    if not re.fullmatch(r"[\w.-]+", name):
        raise Mistake(f"name must be letters, digits, `_`, `.` or `-`, got {name!r}")
    if not raw:
        raise Mistake(f"raw must be a CSV, TSV, Parquet or JSON lines file, got {raw!r}")
    used = named_columns("columns", columns, known=FIELDS, needed=("user", "item"))
    if len(set(used.values())) < len(used):
        raise Mistake(f"columns must be different columns, got {used}")
    rule = "events must be named where columns names the column of event, and only there"
    require(bool(events) == ("event" in used), rule, events)
    filters.require_columns(used)  # before the source is read
    described = require_catalogue(catalogue, catalogue_columns)
    how: dict[str, Any] = {"header": header, "separator": separator, "quote": quote or NO_QUOTE}
    how |= {"encoding": encoding, "time_format": time_format}
    reading = read_as(**how)
    own = Format(
        name=f"a table with {used}"
        + (f", of which {events}" if events else "")
        + (f", described by {catalogue} with {described}" if catalogue else "")
        + (f", read with {reading}" if reading != USUAL else ""),
        file="*",
        first_line="(?s).*",
        chunks=partial(_read_rows, events, columns=used, **reading),
        several=True,
        catalogue=titles(catalogue, described, reading["encoding"]) if catalogue else no_catalogue,
        titles=catalogue,
        reading={"columns": used, "events": events, **how},
    )
    no_download = Download(origins=[], folder=folder, by_hand="")
    return prepare(
        name,
        folder,
        raw,
        no_download,
        [own],
        filters,
        expected={},
        published={},
        features=features,
        cold_items=cold_items,
    )


def read_as(
    header: bool | str, separator: str, quote: str, encoding: str, time_format: str
) -> dict[str, Any]:
    """The arguments of `read_rows` of these options, but for the columns.

    Raises:
        Mistake: an option is wrong.
    """
    require_form(time_format)
    layout = Layout(str(header).lower(), separator.replace(r"\t", "\t"), quote)
    return {"layout": layout, "encoding": _encoding(encoding), "time_form": time_format}


def _read_rows(events: list[str], *parts: Part, **reading: Any) -> Iterator[pl.DataFrame]:
    frames = read_rows(*parts, **reading)
    return keep_events(frames, events, str(parts[0])) if events else frames


def _encoding(name: str) -> str:
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        rule = "encoding must be one of text, such as utf-8, latin-1, cp1252 or utf-16"
        raise Mistake(f"{rule}, got {name!r}") from None
