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
from bam.data.dataset.read.lines import Block, blocks
from bam.data.dataset.read.part import Part
from bam.errors import Mistake


@dataclass(frozen=True)
class JsonLines:
    """Reads the keys that `columns` gives for user, item and perhaps time and rating."""

    columns: dict[str, str]

    def chunks(self, part: Part) -> Iterator[pl.DataFrame]:
        """Interactions in file order.

        Raises:
            Mistake: a line is no JSON object, or a key of it is missing or unreadable.
        """
        for block in blocks(part, quoted=False):
            frame = self._parse(block)
            if frame is None or any(frame.null_count().row(0)):
                raise self._mistake(block)
            yield frame

    def _parse(self, block: Block) -> pl.DataFrame | None:
        schema = dict.fromkeys(self.columns.values(), pl.String)
        try:
            frame = pl.read_ndjson(BytesIO(block.data), schema=schema)
        except pl.exceptions.PolarsError:
            return None
        return cast(frame.select(**{name: pl.col(key) for name, key in self.columns.items()}))

    def _mistake(self, block: Block) -> Mistake:
        for row, line in enumerate(block.data.split(b"\n")):
            problem = self._problem(line) if line.strip() else ""
            if problem:
                return block.mistake(row, f"{problem}; correct the line")
        return block.mistake(0, "this line or one after it is unreadable; correct the file")

    def _problem(self, line: bytes) -> str:
        """What is wrong with a line; empty if nothing is."""
        try:
            found = json.loads(line)
        except ValueError as error:
            return f"no JSON ({error})"
        if not isinstance(found, dict):
            return "must be a JSON object"
        for name, key in self.columns.items():
            if cast(pl.DataFrame({name: [str(found.get(key, ""))]}))[name][0] is None:
                return f"{key} is missing or unreadable, got {found.get(key)!r}"
        return ""


def find_objects(part: Part, key: str, wanted: pl.Series) -> Iterator[dict[str, Any]]:
    """The objects whose `key` is wanted; the others, which can be millions, are not parsed.

    Amazon's tables of 2014 hold Python literals instead of JSON, and are read as such.

    Raises:
        Mistake: a line that has the key cannot be parsed.
    """
    known = {name.encode() for name in wanted}
    pattern = re.compile(rf"""["']{key}["']: ?["']([^"']+)""".encode())
    for block in blocks(part, quoted=False):
        parse: Callable[[str], Any] = literal_eval if block.data[:2] == b"{'" else json.loads
        for row, line in enumerate(block.data.split(b"\n")):
            found = pattern.search(line)
            if found and found[1] in known:
                try:
                    yield parse(line.decode())
                except (ValueError, SyntaxError):
                    raise block.mistake(row, "no JSON object; correct the line") from None
