"""Lines of fields between separators: most published ratings."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from operator import itemgetter

import polars as pl

from bam.data.dataset.read.cast import FIELDS, cast
from bam.data.dataset.read.lines import Block, blocks
from bam.data.dataset.read.part import Part

UNIT = "\x1f"  # replaces a separator of several letters, which fast parsers do not accept


@dataclass(frozen=True)
class Delimited:
    """Reads lines of these fields; those called user, item, time and rating are used."""

    separator: str
    fields: tuple[str, ...]
    header: bool  # the first line names the fields, and is skipped
    quoted: bool  # a field in double quotes may contain separators and newlines

    def chunks(self, part: Part) -> Iterator[pl.DataFrame]:
        """Interactions in file order.

        Raises:
            Mistake: a line has too many, too few or unreadable fields.
        """
        for block in blocks(part, self.quoted):
            body = block.after_first_line() if self.header and block.line == 1 else block
            if body.data.strip():
                yield self._read(body)

    def _read(self, block: Block) -> pl.DataFrame:
        data = block.data.replace(self.separator.encode(), self._letter.encode())
        frame = self._read_fast(data)
        if frame is None or any(frame.null_count().row(0)):
            return self._read_line_by_line(block, data)
        return frame

    @property
    def _letter(self) -> str:
        return self.separator if len(self.separator) == 1 else UNIT

    @property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.fields) if name in FIELDS}

    def _read_fast(self, data: bytes) -> pl.DataFrame | None:
        """None where a line is unusual: the slow way then reads it, or names it."""
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
        return cast(frame.select(**{n: pl.col(f"{place}") for n, place in self._places.items()}))

    def _read_line_by_line(self, block: Block, data: bytes) -> pl.DataFrame:
        rows: list[list[str]] = []
        lines: list[int] = []
        for line, fields in self._lines(data):
            if len(fields) != len(self.fields):
                problem = f"must have {len(self.fields)} fields, got {len(fields)}"
                raise block.mistake(line, f"{problem}; correct the line")
            rows.append([fields[place] for place in self._places.values()])
            lines.append(line)
        text = pl.DataFrame(rows, schema=dict.fromkeys(self._places, pl.String), orient="row")
        frame = cast(text)
        hole = min(_holes(frame), key=itemgetter(0), default=None)
        if hole:
            row, name = hole
            problem = f"{name} is missing or unreadable, got {text[name][row]!r}"
            raise block.mistake(lines[row], f"{problem}; correct the line")
        return frame

    def _lines(self, data: bytes) -> Iterator[tuple[int, list[str]]]:
        """The last line of each record, counted from 0, and its fields; no blank lines."""
        text = StringIO(data.decode(errors="replace"), newline="")
        quoting = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        records = csv.reader(text, delimiter=self._letter, quoting=quoting)  # type: ignore[arg-type]
        for fields in records:
            if len(fields) > 1 or any(map(str.strip, fields)):
                yield records.line_num - 1, fields


def _holes(frame: pl.DataFrame) -> Iterator[tuple[int, str]]:
    """Row and column of each unreadable value."""
    for name in frame.columns:
        yield from ((row, name) for row in frame[name].is_null().arg_true())
