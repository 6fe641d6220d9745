"""The Yelp Open Dataset: academic JSON lines."""

import polars as pl

from bam.data.dataset.publisher.recbole import RECBOLE
from bam.data.dataset.read.format import CATALOGUE, Format, no_catalogue
from bam.data.dataset.read.json_lines import JsonLines, find_objects
from bam.data.dataset.read.pairs import PAIRS
from bam.data.dataset.read.part import Part


def formats() -> list[Format]:
    """Reviews; names and categories come from the business file beside them."""
    return [REVIEWS, RECBOLE, PAIRS]


def _find_places(part: Part) -> Part | None:
    places = part.sibling(part.name.replace("review", "business"), "business.json")
    return None if places == part else places


def _catalogue(part: Part, wanted: pl.Series) -> pl.DataFrame:
    places = _find_places(part)
    if not places:
        return no_catalogue(part, wanted)
    rows = [
        (place["business_id"], place["name"], (place["categories"] or "").replace(", ", "|"))
        for place in find_objects(places, "business_id", wanted)
    ]
    return pl.DataFrame(rows, schema=CATALOGUE, orient="row")


REVIEWS = Format(
    name="review.json of the Yelp Open Dataset",
    file="*review*.json*",
    first_line=r'\{.*"review_id".*',
    chunks=JsonLines(
        {"user": "user_id", "item": "business_id", "rating": "stars", "time": "date"},
        time_form="",
    ).chunks,
    catalogue=_catalogue,
    beside=_find_places,
)
