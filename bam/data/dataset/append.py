"""A data set with the interactions of one more table: a new folder, the earlier one stays."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from bam.data.dataset.build import store
from bam.data.dataset.build.codes import IDS
from bam.data.dataset.build.extend import extend, known_items
from bam.data.dataset.build.features import extend_features
from bam.data.dataset.build.filters import Filters
from bam.data.dataset.build.once import BEFORE, make_once, read_manifest
from bam.data.dataset.build.option import updated_name
from bam.data.dataset.prepare import checksum
from bam.data.dataset.publisher.titles import COLUMNS, named_columns, titles
from bam.data.dataset.read.cast import FIELDS, as_known
from bam.data.dataset.read.format import Format, find_format, no_catalogue
from bam.data.dataset.read.part import UTF_8, Part
from bam.data.dataset.read.tabular import read_rows
from bam.data.dataset.table import read_as
from bam.errors import Mistake, require
from bam.records import Interactions
from bam.system.checksums import sha256

ANY_TABLE = Format("a table", "*", "(?s).*", read_rows, no_catalogue, several=True)
USUAL = {"events": [], "header": "auto", "separator": "auto", "quote": "auto"}
OWN = "own_reading"  # of an updated data set: the options of the table that it began with
USUAL |= {"encoding": UTF_8, "time_format": ""}


def append(
    earlier: Interactions,
    data_dir: Path,
    raw: Path,
    reading: Mapping[str, Any],
    catalogue: str,
    catalogue_columns: Mapping[str, str],
) -> Interactions:
    """The data set `earlier` with the interactions of the table `raw`, below `data_dir`.

    `reading` are options of dataset=table; what is empty is as of the data set's own table. Titles
    of new items are in `catalogue`. The same table again gives the same folder.

    Raises:
        Mistake: an option is wrong, the table cannot be read, or the data set came in files of
            train, valid and test.
    """
    rule = "run must be of a data set without files of train, valid and test"
    require(not len(earlier.part), f"{rule}: a new interaction is in none of them", earlier.name)
    manifest = read_manifest(earlier.folder)
    filters = _filters(manifest)
    how = _reading(_own_reading(earlier, manifest, filters), reading)
    described = _described(catalogue, catalogue_columns)
    parts, _ = find_format(raw, [ANY_TABLE])
    settings: dict[str, Any] = {
        "format": store.FORMAT,
        "parent": earlier.checksum,
        "sha256": checksum(parts),
        "reading": how,
        "titles": [sha256(Path(catalogue)), described] if catalogue else [],
    }
    digits = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]
    folder = data_dir / updated_name(earlier.name, digits)

    def fill(unfinished: Path) -> dict[str, Any]:
        rows, left_out = _read(earlier, parts, how, filters)
        extended = extend(earlier, rows, filters)
        read = titles(catalogue, described, how["encoding"]) if catalogue else no_catalogue
        named = _name_items(extended.new_items, read(parts[0], extended.new_items["original_id"]))
        both = pl.concat([store.read_catalogue(earlier.folder), named])
        counts = store.write(unfinished, extended.numbered, both)
        extend_features(earlier.folder, unfinished, counts["num_items"])
        return {
            "source": str(raw),
            "filters": asdict(filters) if filters else {},
            "update": {**extended.counts, **left_out},
            OWN: manifest.get(OWN, manifest.get("reading", {})),
            **store.describe(unfinished, counts),
        }

    make_once(folder, settings, fill)
    return store.load(folder.name, str(folder))


def update_counts(data: Interactions) -> dict[str, int]:
    """What `append` has added to the data set that it made this one of, and what it left out."""
    counts: dict[str, int] = read_manifest(data.folder)["update"]
    return counts


def _own_reading(
    earlier: Interactions, manifest: Mapping[str, Any], filters: Filters | None
) -> dict[str, Any]:
    """The options that read the data set's own table; a rating that no filter needs is left out."""
    names = ("user", "item", "time") if len(earlier.times) else ("user", "item")
    known = manifest.get(OWN, manifest.get("reading", {}))
    own = {**USUAL, "columns": {name: name for name in names}, **known}
    if filters and filters.min_rating:
        return own
    columns = {role: name for role, name in own["columns"].items() if role != "rating"}
    return {**own, "columns": columns}


def _reading(own: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that read the table: what is given, else the data set's own."""
    known = named_columns("columns", dict(given["columns"]), FIELDS, ())
    columns = {**own["columns"], **known}
    if len(set(columns.values())) < len(columns):
        raise Mistake(f"columns must be different columns, got {columns}")
    others = {key: value for key, value in given.items() if key != "columns"}
    chosen = {key: value for key, value in others.items() if value not in ("", [])}
    events = chosen.get("events", own["events"])
    rule = "events must be named where columns names the column of event, and only there"
    require(bool(events) == ("event" in columns), rule, events)
    return {**own, **chosen, "columns": columns}


def _described(catalogue: str, columns: Mapping[str, str]) -> dict[str, str]:
    """The columns of titles that have a name."""
    if catalogue:
        require(Path(catalogue).is_file(), "titles must be a file that exists", catalogue)
    needed = ("item",) if catalogue else ()
    return named_columns("titles_columns", dict(columns), COLUMNS, needed)


def _filters(manifest: Mapping[str, Any]) -> Filters | None:
    """Those that the data set was made with: none of a source that was taken as it is."""
    if manifest.get("taken_as_it_is") or not manifest.get("filters"):
        return None
    return Filters(**{"consecutive": BEFORE["consecutive"], **manifest["filters"]})


def _read(
    earlier: Interactions, parts: list[Part], how: Mapping[str, Any], filters: Filters | None
) -> tuple[pl.DataFrame, dict[str, int]]:
    """User, item and, where the data set has times, time; and how many rows are left out."""
    options = {key: how[key] for key in USUAL if key != "events"}
    frames = list(read_rows(*parts, columns=how["columns"], **read_as(**options)))
    frame = pl.concat(frames) if frames else pl.DataFrame()
    if frame.is_empty():
        raise Mistake(f"{parts[0]}: empty; it must hold interactions")
    rule = "raw must be one table, and not files of train, valid and test"
    require("part" not in frame.columns, rule, ", ".join(map(str, parts)))
    kept = wanted = _wanted_events(frame, how["events"], parts[0])
    if filters and filters.min_rating:
        rule = f"columns must name the column of rating, as dataset {earlier.name} holds ratings"
        require("rating" in frame.columns, f"{rule} from {filters.min_rating} on", how["columns"])
        kept = wanted.filter(pl.col("rating") >= filters.min_rating)
    left_out = {
        "below_min_rating": len(wanted) - len(kept),
        "of_other_events": len(frame) - len(wanted),
    }
    return _in_order(earlier, kept), left_out


def _wanted_events(frame: pl.DataFrame, events: Sequence[str], part: Part) -> pl.DataFrame:
    if "event" not in frame.columns:
        return frame
    wanted = frame.filter(pl.col("event").is_in(events))
    known = ", ".join(frame["event"].unique().sort().head(9))
    require(len(wanted) > 0, f"events must be some of those of {part}, {known}", events)
    return wanted


def _in_order(earlier: Interactions, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows in time order, with ids as the data set has them."""
    known = {
        "user": store.read_user_ids(earlier.folder),
        "item": known_items(earlier)["original_id"],
    }
    ids = frame.with_columns(as_known(frame[name], known[name]) for name in IDS)
    clean = ids.with_columns(store.clean_text(pl.col(*IDS)))
    keys = [name for name in ("time", "order") if name in frame.columns]
    ordered = clean.sort(keys, maintain_order=True) if keys else clean
    return ordered.select("user", "item", *(["time"] if len(earlier.times) else []))


def _name_items(new: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """The new items with title and genres, which are empty where no file has them."""
    first = catalogue.unique("original_id", keep="first")
    named = new.join(first, "original_id", "left", maintain_order="left")
    return named.select("item", "original_id", "title", "genres")
