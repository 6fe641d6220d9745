"""How the lines of a table are read: its separator, quotes and header, as given or found out."""

import csv
import logging
from dataclasses import dataclass, replace

from bam.data.dataset.read.delimited import AMBIGUOUS, UNIT, Delimited, read_records
from bam.data.dataset.read.header import find_places, has_header, looks_like_header
from bam.data.dataset.read.lines import Block, last_line_end
from bam.data.dataset.read.part import BOM, SAMPLE, Part
from bam.errors import Mistake, require

log = logging.getLogger(__name__)
USUAL, UNUSUAL = ("\t", ",", ";", "|"), ("::", " ")  # the second only where no usual one fits
AUTO, NO_QUOTE = "auto", "none"


@dataclass(frozen=True)
class Layout:
    """The options of a text table; `auto` is found out from the first lines.

    Raises:
        Mistake: a value is not one of those below.
    """

    header: str  # auto, true, false: does the first line name the columns?
    separator: str  # auto, or one or more letters
    quote: str  # auto, none, or one letter of ASCII

    def __post_init__(self) -> None:
        known = self.header in (AUTO, "true", "false")
        require(known, "header must be auto, true or false", self.header)
        rule = "separator must be auto, or one or more letters"
        require(bool(self.separator), rule, self.separator)
        known = self.quote in (AUTO, NO_QUOTE) or len(self.quote.encode()) == 1
        require(known, "quote must be auto, none or one letter of ASCII", self.quote)
        differ = self.quote in (AUTO, NO_QUOTE) or self.quote != self.separator
        require(differ, "quote must not be the separator", self.quote)

    def find_reader(self, part: Part, columns: dict[str, str], time_form: str) -> Delimited:
        """The reader of the part, which names the columns of each role, or their places.

        Raises:
            Mistake: a column is missing, or there are two ways to read the part.
        """
        reading = self._read_head(part, columns)
        header = has_header(part, reading.rows, columns, self.header)
        places = find_places(part, reading.rows[0], columns, header)
        log.info("%s: %s", part, reading.describe(header))
        roles = {place: role for role, place in places.items()}
        return Delimited(
            separator=reading.separator,
            fields=tuple(roles.get(place, "") for place in range(len(reading.rows[0]))),
            header=header,
            quote=reading.quote,
            time_form=time_form,
            ambiguous=self.quote != AUTO,
        )

    def finds_header(self, part: Part, columns: dict[str, str], reader: Delimited) -> bool:
        """Whether the first line of a part surely names its columns, though the reader has none."""
        if self.header != AUTO:
            return False
        known = replace(self, separator=reader.separator, quote=reader.quote or NO_QUOTE)
        return looks_like_header(part, known._read_head(part, columns).rows, columns) is True

    def _read_head(self, part: Part, columns: dict[str, str]) -> "Reading":
        text = Block(part, 1, self._whole_records(part.head())).require_text().data.decode()
        if not text.strip():
            raise Mistake(f"{part}: empty; it must hold lines of fields")
        if "\r" in text.split("\n")[0].rstrip("\r"):
            rule = "lines must end with a line feed, and the first one has a carriage return in it"
            raise Mistake(f"{part}: {rule}; write the file again")
        reading = self._choose(part, text, columns)
        if reading.ambiguous and self.quote == AUTO:
            raise Mistake(f"{part}: {AMBIGUOUS}")
        return reading

    def _whole_records(self, head: bytes) -> bytes:
        """The first lines, without the last one where it begins a field that ends after them."""
        quote = ('"' if self.quote == AUTO else self.quote * (self.quote != NO_QUOTE)).encode()
        is_open = bool(quote) and head.count(quote) % 2 and len(head) + len(BOM) >= SAMPLE
        return head[: last_line_end(head, quote)] or head if is_open else head

    def _choose(self, part: Part, text: str, columns: dict[str, str]) -> "Reading":
        if self.separator != AUTO:
            return self._read(part, text, self.separator)
        for group in (USUAL, UNUSUAL):
            readings = [self._read(part, text, separator) for separator in group]
            fitting = [one for one in readings if one.fits(columns)]
            even = [one for one in fitting if one.is_even] or fitting
            clean = [one for one in even if not one.is_split_by(even, columns)]
            if len(even) > 1 and len(clean) != 1:
                found = " and ".join(repr(one.separator) for one in even)
                raise Mistake(
                    f"{part}: {found} may separate fields; dataset.separator must name it"
                )
            if even:
                return clean[0] if clean else even[0]
        readings = [self._read(part, text, separator) for separator in USUAL]
        return max(readings, key=lambda one: len(one.rows[0]))

    def _read(self, part: Part, text: str, separator: str) -> "Reading":
        plain = Reading(separator, "", _rows(text, separator, ""), ambiguous=False)
        if not plain.rows:
            raise Mistake(f"{part}: a line never ends; give a text file")
        if self.quote == NO_QUOTE or (self.quote == AUTO and '"' not in text):
            return Reading(separator, "" if self.quote == NO_QUOTE else '"', plain.rows, False)
        quote = '"' if self.quote == AUTO else self.quote
        rows = _rows(text, separator, quote)
        if not rows:  # a quote opens no field, or is never closed
            return plain if plain.is_even and self.quote == AUTO else _loose(plain, quote)
        joined = any("\n" in field for row in rows for field in row)
        return Reading(separator, quote, rows, ambiguous=joined and plain.is_even)


@dataclass(frozen=True)
class Reading:
    """The first rows of a table, read in one way."""

    separator: str
    quote: str
    rows: list[list[str]]
    ambiguous: bool  # quotes join lines that are whole rows without them

    @property
    def is_even(self) -> bool:
        """Whether all rows have as many fields."""
        return len({len(row) for row in self.rows}) == 1

    def fits(self, columns: dict[str, str]) -> bool:
        """Whether the first row has the columns, by name or by place."""
        first = [name.strip() for name in self.rows[0]]
        places = all(name.isdecimal() and int(name) < len(first) for name in columns.values())
        return set(columns.values()) <= set(first) or places

    def is_split_by(self, others: list["Reading"], columns: dict[str, str]) -> bool:
        """Whether the used fields hold a separator of another way to read."""
        places = [int(name) for name in columns.values() if name.isdecimal()]
        used = [row[place] for row in self.rows for place in places if place < len(row)]
        separators = {one.separator for one in others} - {self.separator}
        return any(separator in field for separator in separators for field in used)

    def describe(self, header: bool) -> str:
        """What was decided, in words."""
        first = "the first line names the columns" if header else "there is no header"
        quotes = f"{self.quote} quotes fields" if self.quote else "quotes are letters"
        return f"fields are separated by {self.separator!r}, {quotes}, {first}"


def _loose(plain: Reading, quote: str) -> Reading:
    return Reading(plain.separator, quote, plain.rows, ambiguous=False)


def _rows(text: str, separator: str, quote: str) -> list[list[str]]:
    """The rows that are not blank; none where quotes are not those of CSV."""
    letter = separator if len(separator) == 1 else UNIT
    try:
        rows = read_records(text.replace(separator, letter), letter, quote)
        return [row for row in rows if len(row) > 1 or any(map(str.strip, row))]
    except csv.Error:
        return []
