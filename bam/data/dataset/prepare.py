"""Any raw source: find the file, read, check, filter, number, store, load."""

import logging
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from bam.data.dataset.build import store
from bam.data.dataset.build.codes import gather
from bam.data.dataset.build.download import Download
from bam.data.dataset.build.filters import Filters
from bam.data.dataset.build.numbering import ranked
from bam.data.dataset.build.once import once
from bam.data.dataset.read.format import Format, recognise
from bam.data.dataset.read.part import Part, sha256
from bam.errors import Mistake
from bam.records import Interactions

log = logging.getLogger(__name__)


def prepared(
    name: str,
    folder: str,
    raw: str,
    download: Download,
    formats: list[Format],
    filters: Filters,
    expected: dict[str, int],
    published: dict[str, int],
) -> Interactions:
    """The data set in `folder`, made there first if need be.

    `raw` is a file, folder or zip of one of the formats; empty: it is fetched. The unfiltered
    source must have the counts `expected`. A source that has the `published` counts already is
    not filtered again; where others come out, the log says so.
    """
    asked: dict[str, Any] = {
        "format": store.FORMAT,
        "read_as": [known.name for known in formats],
        "filters": asdict(filters),
    }
    if raw:
        asked["raw"] = _stamp(recognise(Path(raw), formats)[0])

    def build(unfinished: Path) -> dict[str, Any]:
        part, known = recognise(Path(raw) if raw else download.fetch(), formats)
        log.info("preparing %s from %s (%s)", name, part, known.name)
        with TemporaryDirectory(dir=unfinished) as aside:
            frame, names = gather(part, known.chunks(part), Path(aside))
            found = _counted(frame)
            _expect(expected, found, part)
            frame = _filtered(frame, filters, already=found == published)
            numbered = ranked(frame, names)
        del frame, names  # large, and the catalogue that comes now may be large too
        told = known.catalogue(part, numbered.items["original_id"])
        counts = store.write(unfinished, numbered, store.described(numbered.items, told))
        _compare(name, published, counts)
        source = {"source": str(part), "sha256": sha256(part.path), "raw": _stamp(part)}
        return {**source, "unfiltered": found, "counts": counts, "published": published}

    made = once(Path(folder), asked, build)
    return store.load(name, Path(folder), made["counts"]["num_items"])


def _filtered(frame: pl.DataFrame, filters: Filters, already: bool) -> pl.DataFrame:
    if not already:
        return filters.apply(frame)
    log.info("these are the published counts: nothing is filtered")
    return frame


def _counted(frame: pl.DataFrame) -> dict[str, int]:
    users, items = frame["user"].n_unique(), frame["item"].n_unique()
    return {"users": users, "items": items, "interactions": len(frame)}


def _stamp(part: Part) -> dict[str, int]:
    # enough to see that another file is meant, without reading gigabytes at every start
    stat = part.path.stat()
    return {"bytes": stat.st_size, "modified": stat.st_mtime_ns}


def _expect(expected: dict[str, int], found: dict[str, int], part: Part) -> None:
    for key, number in expected.items():
        if found[key] != number:
            raise Mistake(f"{part} must hold {number} {key}, got {found[key]}; is it whole?")


def _compare(name: str, published: dict[str, int], found: dict[str, int]) -> None:
    differing = [f"{found[k]:,} {k}, not {n:,}" for k, n in published.items() if found[k] != n]
    if differing:
        log.warning("%s is not the published %s: %s", name, name, "; ".join(differing))
