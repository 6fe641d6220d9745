"""One JSON object a line: reviews as Amazon and Yelp publish them."""

import json
import re
from ast import literal_eval
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import polars as pl

from bam.data.dataset.read.cast import cast
from bam.data.dataset.read.delimited import describe_hole
from bam.data.dataset.read.history import unfold
from bam.data.dataset.read.lines import Block, blocks
from bam.data.dataset.read.part import Part
from bam.data.dataset.read.split_files import add_split
from bam.data.dataset.read.times import TimeForm

CORRECT = "correct the line"


@dataclass(frozen=True)
class JsonLines:
    """Reads the keys that `columns` gives for user, item and perhaps time and rating."""

    columns: dict[str, str]
    time_form: str  # empty: the first lines decide
    lists: tuple[str, ...] = ()  # those of the columns that hold one value for each item

    def chunks(self, *parts: Part) -> Iterator[pl.DataFrame]:
        """Interactions in file order.

        Raises:
            Mistake: a line is no JSON object, or a key of it is missing or unreadable.
        """
        form, times = self.time_form, TimeForm(self.time_form)
        for part in parts:
            for block in blocks(part, quote=""):
                texts = self._parse(block)
                if texts is None or self._may_hold_objects(texts):
                    self._require_values(block)
                if texts is None:
                    raise block.mistake(0, f"this line or one after it is unreadable; {CORRECT}")
                if "time" in texts.columns:
                    form = times.of(texts["time"], str(part))
                frame = cast(texts, form)
                if any(frame.null_count().row(0)):
                    self._require_values(block)
                    self._require_cast(block, form)
                yield add_split(frame, part)

    def _parse(self, block: Block) -> pl.DataFrame | None:
        schema = {
            key: pl.List(pl.String) if name in self.lists else pl.String
            for name, key in self.columns.items()
        }
        try:
            frame = pl.read_ndjson(BytesIO(block.data), schema=schema)
        except pl.exceptions.PolarsError:
            return None
        named = frame.select(**{name: pl.col(key) for name, key in self.columns.items()})
        return unfold(named, self.lists, str(block.part)) if self.lists else named

    def _may_hold_objects(self, texts: pl.DataFrame) -> bool:
        """The parser writes a list or an object as text."""
        start = pl.col("user", "item").str.slice(0, 1).is_in(["[", "{"]).any()
        return any(texts.select(start).row(0))

    def _require_values(self, block: Block) -> None:
        for row, line in _lines(block):
            for name, value in self._values(block, row, line):
                if isinstance(value, list | dict):
                    problem = f"{self.columns[name]} must be one id, got {json.dumps(value)[:60]}"
                    raise block.mistake(row, f"{problem}; {CORRECT}")
            for name in self.lists:
                if not isinstance(json.loads(line).get(self.columns[name]), list):
                    problem = f"{self.columns[name]} must be a list, as in the first line"
                    raise block.mistake(row, f"{problem}; {CORRECT}")

    def _require_cast(self, block: Block, form: str) -> None:
        for row, line in _lines(block):
            for name, value in self._values(block, row, line):
                text = None if value is None else str(value)
                one = pl.DataFrame({name: pl.Series([text], dtype=pl.String)})
                if cast(one, form)[name][0] is None:
                    raise block.mistake(row, describe_hole(self.columns[name], value, form))

    def _values(self, block: Block, row: int, line: bytes) -> Iterator[tuple[str, object]]:
        """Role and value of each column of a line; of a list, each value."""
        try:
            found = json.loads(line, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise block.mistake(row, f"no JSON ({error}); {CORRECT}") from None
        if not isinstance(found, dict):
            raise block.mistake(row, f"must be a JSON object; {CORRECT}")
        for name, key in self.columns.items():
            value = found.get(key)
            values = value if name in self.lists and isinstance(value, list) else [value]
            yield from ((name, one) for one in values)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no value of JSON")


def _lines(block: Block) -> Iterator[tuple[int, bytes]]:
    for row, line in enumerate(block.data.split(b"\n")):
        if line.strip():
            yield row, line


def find_objects(part: Part, key: str, wanted: pl.Series) -> Iterator[dict[str, Any]]:
    """The objects whose `key` is wanted; the others, which can be millions, are not parsed.

    Amazon's tables of 2014 hold Python literals instead of JSON, and are read as such.

    Raises:
        Mistake: a line that has the key cannot be parsed.
    """
    known = {name.encode() for name in wanted}
    pattern = re.compile(rf"""["']{key}["']: ?["']([^"']+)""".encode())
    for block in blocks(part, quote=""):
        parse: Callable[[str], Any] = literal_eval if block.data[:2] == b"{'" else json.loads
        for row, line in enumerate(block.data.split(b"\n")):
            found = pattern.search(line)
            if found and found[1] in known:
                try:
                    yield parse(line.decode())
                except (ValueError, SyntaxError, RecursionError, MemoryError):
                    raise block.mistake(row, "no JSON object; correct the line") from None
