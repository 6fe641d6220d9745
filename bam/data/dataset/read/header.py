"""Does the first line of a table name its columns, and where is each column?"""

import logging
import re

from bam.data.dataset.read.part import Part
from bam.errors import Mistake

log = logging.getLogger(__name__)
OPTION = "dataset.header must be true if it names the columns, false if not"
NAMES = re.compile(  # what columns of interactions are called
    r"\W*(user|uid|customer|client|member|visitor|session|account|person|reader|listener|player"
    r"|item|iid|product|article|movie|film|book|track|song|artist|album|venue|place|poi|page|news"
    r"|business|sku|asin|rating|score|stars|time|timestamp|ts|date|day|event|id)s?"
    r"([\W_]*(id|ids|idx|index|no|nr|key|code|name|time|date|list|sequence|seq|history))*\W*",
    re.IGNORECASE,
)


def find_places(
    part: Part, first: list[str], columns: dict[str, str], header: bool
) -> dict[str, int]:
    """The place of each role's column.

    Raises:
        Mistake: a column is missing, is there twice, or its name may also be a place.
    """
    names = [name.strip() for name in first]
    if not header and not _are_places(columns):
        raise Mistake("dataset.columns must be positions from 0 where dataset.header=false")
    if not _are_places(columns):
        return {role: _place(part, names, column, columns) for role, column in columns.items()}
    places = {role: int(column) for role, column in columns.items()}
    for role, place in places.items():
        if place >= len(names):
            raise Mistake(
                f"{part}: column {place} is missing; the lines have {len(names)} fields, "
                f"and {role} must be one of 0 to {len(names) - 1}"
            )
        if header and columns[role] in names and names[place] != columns[role]:
            raise Mistake(f"{part}: column {place} may be a name or a position; rename the column")
    return places


def _place(part: Part, names: list[str], column: str, columns: dict[str, str]) -> int:
    if column not in names:
        known = ", ".join(names)[:200]
        values = "(if these are values, dataset.columns must be positions from 0)"
        hint = "" if set(names) & set(columns.values()) else f" {values}"
        raise Mistake(f"{part}: column {column} is missing; the file has {known}{hint}")
    if names.count(column) > 1:
        twice = [place for place, name in enumerate(names) if name == column]
        raise Mistake(
            f"{part}: column {column} must be there once, got positions {twice}; rename one, or "
            "give positions from 0 in dataset.columns, and dataset.header=true"
        )
    return names.index(column)


def _are_places(columns: dict[str, str]) -> bool:
    return all(column.isdecimal() for column in columns.values())


def has_header(part: Part, rows: list[list[str]], columns: dict[str, str], option: str) -> bool:
    """Whether the first row names the columns; with columns by name it must.

    Raises:
        Mistake: the first row may be either.
    """
    if option != "auto":
        return option == "true"
    found = looks_like_header(part, rows, columns)
    if found is None:
        shown = ", ".join(rows[0])[:80]
        raise Mistake(f"{part}: the first line may be a header, got {shown!r}; {OPTION}")
    return found


def looks_like_header(part: Part, rows: list[list[str]], columns: dict[str, str]) -> bool | None:
    """Whether the first row seems to name the columns; None where it may be either."""
    if not _are_places(columns):
        return True
    first = rows[0]
    if first == [str(place) for place in range(len(first))]:
        log.warning("%s: the first line %s is read as values; %s", part, first, OPTION)
        return False
    places = [int(column) for column in columns.values() if int(column) < len(first)]
    below = {place: [row[place] for row in rows[1:] if place < len(row)] for place in places}
    signs = {_sign(first[place], below[place]) for place in places} - {""}
    named = [bool(NAMES.fullmatch(first[place])) for place in places]
    if signs == {"name"} or (not signs and all(named)):
        return True
    return False if signs == {"value"} or (not signs and not any(named)) else None


def _sign(first: str, below: list[str]) -> str:
    """What the first field is if one compares it with those below: name, value, or empty."""
    if _is_number(first) or first in below:
        return "value"
    digits = [bool(re.search(r"\d", field)) for field in below if field.strip()]
    return "name" if digits and all(digits) and not re.search(r"\d", first) else ""


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
