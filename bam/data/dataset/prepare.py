"""A raw source of any kind: find the file, read, check, filter, number, write, load."""

import hashlib
import logging
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import polars as pl

from bam.data.dataset.build import store
from bam.data.dataset.build.download import Download
from bam.data.dataset.build.features import (
    add_cold_items,
    check_columns,
    check_features,
    read_features,
    stamp,
    write_features,
)
from bam.data.dataset.build.filters import Filters
from bam.data.dataset.build.once import make_once, steps_of
from bam.data.dataset.build.steps import Steps
from bam.data.dataset.read.format import Format, find_format, warn_of_others
from bam.data.dataset.read.part import UTF_8, Part
from bam.data.dataset.read.split_files import show_split
from bam.errors import Mistake
from bam.records import Interactions
from bam.system.checksums import sha256
from bam.system.failure import lowered_by

log = logging.getLogger(__name__)
# what parsers raise for a file of titles that is not what it should be
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, pl.exceptions.PolarsError)


def prepare(
    name: str,
    folder: str,
    raw: str,
    download: Download,
    formats: list[Format],
    filters: Filters,
    expected: dict[str, int],
    published: dict[str, int],
    features: dict[str, str],
    cold_items: bool,
) -> Interactions:
    """The data set in `folder`, which is made first if it does not exist.

    `raw` is a file, folder or zip in one of the formats; if empty, it is downloaded. The counts
    before filtering must be `expected`. A source in the published format, or with the `published`
    counts, is not filtered again; if the final counts are not the published ones, the log shows the
    difference. `features` are files of what is known of the items. With `cold_items`, those that
    are in the source's catalogue or in a file of features alone are items, too.

    Raises:
        Mistake: the source cannot be downloaded or read, its counts are not the expected ones, or
            the folder was made with other options.
    """
    check_features(features)
    settings: dict[str, Any] = {
        "format": store.FORMAT,
        "read_as": [known.name for known in formats],
        "filters": asdict(filters),
        "features": stamp(features),
        "cold_items": cold_items,
    }
    if raw:
        parts, known = find_format(Path(raw), formats)
        settings |= {"raw": _stamp(parts), "taken_as_it_is": known.published}
        settings["split_files"] = bool(parts[0].split)
        beside = known.beside(parts[0])
        settings["catalogue"] = _stamp([beside]) if beside else {}
    if titles := formats[0].titles:
        settings["catalogue"] = _stamp([Part(Path(titles), "")])

    def fill(unfinished: Path) -> dict[str, Any]:
        source_path = Path(raw) if raw else download.fetch()
        parts, known = find_format(source_path, formats)
        warn_of_others(source_path, known, formats, parts)
        part = parts[0]
        more = f" and {len(parts) - 1} more files" if len(parts) > 1 else ""
        log.info("preparing %s from %s%s (%s)", name, part, more, known.name)
        encoding = known.reading.get("encoding", UTF_8)
        check_columns(features, encoding)
        made_from = {key: settings[key] for key in ("format", "read_as", "filters")}
        made_from |= {"parts": _list(parts), "published": published, "polars": pl.__version__}
        steps = Steps(steps_of(Path(folder)), made_from, parts, known, filters, expected, published)
        numbered, unfiltered = steps.run()
        given = read_features(features, numbered.items["original_id"], encoding)
        featured = [frame["original_id"] for frame in given.values()] if cold_items else []
        catalogue = _read_titles(
            known, part, pl.concat([numbered.items["original_id"], *featured]).unique()
        )
        if cold_items:
            numbered = add_cold_items(numbered, [catalogue["original_id"], *featured])
        numbered = replace(numbered, frames=show_split(numbered.frames))
        counts = store.write(unfinished, numbered, _describe(numbered.items, catalogue))
        write_features(unfinished, given, numbered.items, numbered.num_items)
        _compare(name, published, counts)
        source = {"source": str(part), "sha256": checksum(parts), "raw": _stamp(parts)}
        source |= {"reading": known.reading} if known.reading else {}
        found = {"unfiltered": unfiltered, **store.describe(unfinished, counts)}
        return {**source, **found, "published": published}

    with lowered_by("raw"):
        make_once(Path(folder), settings, fill)
    return store.load(name, folder)


def _stamp(parts: list[Part]) -> dict[str, Any]:
    # enough to notice other files, without reading gigabytes at every start
    stats = (path.stat() for path in _paths(parts))
    each = [(stat.st_size, stat.st_mtime_ns) for stat in stats]
    found: dict[str, Any] = {
        "bytes": sum(size for size, _ in each),
        "modified": max(modified for _, modified in each),
    }
    if len(parts) > 1:  # one may be replaced by an older one of the same size
        digits = hashlib.sha256(str(each).encode()).hexdigest()[:16]
        found |= {"names": [part.name for part in parts], "each": digits}
    return found


def _list(parts: list[Part]) -> list[list[Any]]:
    """What each part is, and what changes when its file does."""
    return [[str(part), part.split, *_stamp([part]).values()] for part in parts]


def checksum(parts: list[Part]) -> str:
    """The checksum of the file, or of the checksums of several."""
    sums = [sha256(path) for path in _paths(parts)]
    return sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest()


def _paths(parts: list[Part]) -> list[Path]:
    return list(dict.fromkeys(part.path for part in parts))


def _read_titles(known: Format, part: Part, wanted: pl.Series) -> pl.DataFrame:
    try:
        return known.catalogue(part, wanted)
    except Mistake:
        raise
    except UNREADABLE as error:
        problem = f"the titles beside it are unreadable ({type(error).__name__}: {error})"
        raise Mistake(f"{part}: {problem}; correct or remove their file") from error


def _describe(items: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """The items, with title and genres where the source's catalogue has them."""
    first = catalogue.unique("original_id", keep="first", maintain_order=True)
    return items.join(first, on="original_id", how="left", maintain_order="left")


def _compare(name: str, published: dict[str, int], counts: dict[str, int]) -> None:
    differing = [f"{counts[k]:,} {k}, not {n:,}" for k, n in published.items() if counts[k] != n]
    if differing:
        log.warning("%s is not the published %s: %s", name, name, "; ".join(differing))
