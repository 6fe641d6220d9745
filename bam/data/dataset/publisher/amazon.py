"""Amazon reviews of 2014 (McAuley et al., SIGIR 2015), 2018 (Ni et al., EMNLP 2019) and 2023."""

import re
from html import unescape
from typing import Any

import polars as pl

from bam.data.dataset.publisher.recbole import RECBOLE
from bam.data.dataset.read.delimited import Delimited
from bam.data.dataset.read.format import CATALOGUE, Format, no_catalogue
from bam.data.dataset.read.json_lines import JsonLines, find_objects
from bam.data.dataset.read.pairs import PAIRS
from bam.data.dataset.read.part import Part

ASIN = "[0-9B][0-9A-Z]{9}"
NUMBERS = r"[\d.]+,\d+"
AROUND = r"^(reviews_|ratings_)|(_5)?\.(json|jsonl|csv)(\.gz)?$"  # all but the category in a name


def formats() -> list[Format]:
    """Ratings and reviews of all years; titles come from meta_CATEGORY beside them."""
    return [RATINGS_2014, RATINGS_2018, RATINGS_2023, REVIEWS, REVIEWS_2023, RECBOLE, PAIRS]


def _find_metadata(part: Part) -> Part | None:
    category = re.sub(AROUND, "", part.name)
    endings = (".json.gz", ".json", ".jsonl.gz", ".jsonl")
    return part.sibling(*(f"meta_{category}{ending}" for ending in endings))


def _catalogue(part: Part, wanted: pl.Series) -> pl.DataFrame:
    meta = _find_metadata(part)
    return read_metadata(meta, wanted) if meta else no_catalogue(part, wanted)


def read_metadata(meta: Part, wanted: pl.Series) -> pl.DataFrame:
    """Title and categories of the wanted items, from a file such as meta_CATEGORY.json.gz.

    Raises:
        Mistake: the line of a wanted item is no object.
    """
    key = "parent_asin" if '"parent_asin"' in meta.first_line() else "asin"
    rows = [(item[key], _title(item), _genres(item)) for item in find_objects(meta, key, wanted)]
    return pl.DataFrame(rows, schema=CATALOGUE, orient="row")


def _title(item: dict[str, Any]) -> str:
    return unescape(item.get("title") or "")


def _genres(item: dict[str, Any]) -> str:
    paths = item.get("categories") or item.get("category") or []
    flat = [name for path in paths for name in (path if isinstance(path, list) else [path])]
    return "|".join(dict.fromkeys(unescape(name) for name in flat))


def _ratings(
    name: str, first_line: str, fields: tuple[str, ...], header: bool, unit: str
) -> Format:
    chunks = Delimited(",", fields, header=header, quote="", time_form=unit).chunks
    return Format(name, "*.csv*", first_line, chunks, _catalogue, beside=_find_metadata)


def _reviews(name: str, columns: dict[str, str], unit: str) -> Format:
    first_line = rf'\{{(?=.*"{columns["user"]}":).*"{columns["item"]}":.*'
    chunks = JsonLines(columns, unit).chunks
    return Format(name, "*.json*", first_line, chunks, _catalogue, beside=_find_metadata)


RATINGS_2014 = _ratings(
    "ratings_CATEGORY.csv of 2014",
    rf"[^,]+,{ASIN},{NUMBERS}",
    ("user", "item", "rating", "time"),
    header=False,
    unit="s",
)
RATINGS_2018 = _ratings(
    "CATEGORY.csv of 2018",
    rf"{ASIN},[^,]+,{NUMBERS}",
    ("item", "user", "rating", "time"),
    header=False,
    unit="s",
)
RATINGS_2023 = _ratings(
    "CATEGORY.csv of 2023",
    "user_id,parent_asin,rating,timestamp",
    ("user", "item", "rating", "time"),
    header=True,
    unit="ms",
)
REVIEWS = _reviews(
    "CATEGORY.json.gz of 2014 or 2018",
    {"user": "reviewerID", "item": "asin", "rating": "overall", "time": "unixReviewTime"},
    unit="s",
)
REVIEWS_2023 = _reviews(
    "CATEGORY.jsonl.gz of 2023",
    {"user": "user_id", "item": "parent_asin", "rating": "rating", "time": "timestamp"},
    unit="ms",
)
