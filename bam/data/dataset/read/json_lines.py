"""One JSON object a line: reviews as Amazon and Yelp publish them."""

import json
import re
from ast import literal_eval
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import polars as pl

from bam.data.dataset.read.cast import typed
from bam.data.dataset.read.lines import Block, blocks
from bam.data.dataset.read.part import Part
from bam.errors import Mistake


@dataclass(frozen=True)
class JsonLines:
    """Reads the keys that `columns` gives for user, item and, where told, time and rating."""

    columns: dict[str, str]

    def chunks(self, part: Part) -> Iterator[pl.DataFrame]:
        """Typed interactions; a line that is no object, or lacks a key, is a Mistake."""
        for block in blocks(part, quoted=False):
            frame = self._parse(block)
            if frame is None or any(frame.null_count().row(0)):
                raise self._wrong(block)
            yield frame

    def _parse(self, block: Block) -> pl.DataFrame | None:
        schema = dict.fromkeys(self.columns.values(), pl.String)
        try:
            frame = pl.read_ndjson(BytesIO(block.data), schema=schema)
        except pl.exceptions.PolarsError:
            return None
        return typed(frame.select(**{name: pl.col(key) for name, key in self.columns.items()}))

    def _wrong(self, block: Block) -> Mistake:
        for row, line in enumerate(block.data.split(b"\n")):
            what = self._complaint(line) if line.strip() else ""
            if what:
                return block.mistake(row, f"{what}; mend the line")
        return block.mistake(0, "unreadable from here")

    def _complaint(self, line: bytes) -> str:
        try:
            found = json.loads(line)
        except ValueError as error:
            return f"no JSON ({error})"
        if not isinstance(found, dict):
            return "must be a JSON object"
        told = {name: [str(found.get(key, ""))] for name, key in self.columns.items()}
        empty = [
            name
            for name, column in typed(pl.DataFrame(told)).to_dict().items()
            if column[0] is None
        ]
        keys = [self.columns[name] for name in empty]
        return f"{keys[0]} is missing or unreadable, got {found.get(keys[0])!r}" if keys else ""


def objects(part: Part, key: str, wanted: pl.Series) -> Iterator[dict[str, Any]]:
    """The objects whose `key` is wanted; the others are not parsed, for there are millions.

    Amazon's tables of 2014 hold Python literals instead of JSON, and are read as such.
    """
    known = {name.encode() for name in wanted}
    named = re.compile(rf"""["']{key}["']: ?["']([^"']+)""".encode())
    for block in blocks(part, quoted=False):
        parse: Callable[[str], Any] = literal_eval if block.data[:2] == b"{'" else json.loads
        for row, line in enumerate(block.data.split(b"\n")):
            found = named.search(line)
            if found and found[1] in known:
                try:
                    yield parse(line.decode())
                except (ValueError, SyntaxError):
                    raise block.mistake(row, "no JSON object; mend the line") from None
