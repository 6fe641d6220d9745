"""Lines of fields between separators: most published ratings."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO

import polars as pl

from bam.dataset.blocks import Block, blocks
from bam.dataset.raw import Part
from bam.dataset.typed import KEPT, typed
from bam.mistake import Mistake

UNIT = "\x1f"  # stands in for separators of several letters, which fast parsers do not take


@dataclass(frozen=True)
class Delimited:
    """Reads `fields` of each line, in this order; those named user, item, time, rating are kept."""

    separator: str
    fields: tuple[str, ...]
    header: bool  # the first line names the fields, and is skipped
    quoted: bool  # a field in double quotes may hold separators and newlines

    def chunks(self, part: Part) -> Iterator[pl.DataFrame]:
        """Typed interactions; a line with too many, too few or unreadable fields is a Mistake."""
        for block in blocks(part, self.quoted):
            body = block.after_first_line() if self.header and block.line == 1 else block
            if body.data.strip():
                yield self._read(body)

    def _read(self, block: Block) -> pl.DataFrame:
        single = block.data.replace(self.separator.encode(), self._letter.encode())
        frame = self._parse(single)
        if frame is not None and not any(frame.null_count().row(0)):
            return frame
        wrong = self._wrong(block, single, frame)
        if wrong:
            raise wrong
        if frame is None:
            raise block.mistake(0, "unreadable from here")
        return frame.drop_nulls()  # blank lines

    @property
    def _letter(self) -> str:
        return self.separator if len(self.separator) == 1 else UNIT

    def _parse(self, data: bytes) -> pl.DataFrame | None:
        try:
            frame = pl.read_csv(
                BytesIO(data),
                has_header=False,
                separator=self._letter,
                quote_char='"' if self.quoted else None,
                infer_schema=False,
                schema={f"{place}": pl.String for place in range(len(self.fields))},
            )
        except pl.exceptions.PolarsError:
            return None
        places = {name: f"{place}" for place, name in enumerate(self.fields) if name in KEPT}
        return typed(frame.select(**{name: pl.col(place) for name, place in places.items()}))

    def _wrong(self, block: Block, data: bytes, frame: pl.DataFrame | None) -> Mistake | None:
        text = StringIO(data.decode(errors="replace"), newline="")
        lines = csv.reader(
            text,
            delimiter=self._letter,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
        )
        empty = _empty(frame)
        for row, fields in enumerate(lines):
            if not any(map(str.strip, fields)) and len(fields) <= 1:
                continue
            if len(fields) != len(self.fields):
                what = f"must have {len(self.fields)} fields, got {len(fields)}; mend the line"
                return block.mistake(lines.line_num - 1, what)
            if row in empty:
                got = fields[self.fields.index(empty[row])]
                what = f"{empty[row]} is missing or unreadable, got {got!r}; mend the line"
                return block.mistake(lines.line_num - 1, what)
        return None


def _empty(frame: pl.DataFrame | None) -> dict[int, str]:
    """The rows that hold a null, each with the name of its first."""
    if frame is None:
        return {}
    rows = frame.with_row_index("row").filter(pl.any_horizontal(pl.all().is_null()))
    return {row["row"]: next(n for n, v in row.items() if v is None) for row in rows.to_dicts()}
