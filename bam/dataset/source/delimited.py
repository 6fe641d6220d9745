"""Lines of fields between separators: most published ratings."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import polars as pl

from bam.dataset.blocks import Block, blocks
from bam.dataset.raw import Part
from bam.dataset.typed import KEPT, typed
from bam.mistake import Mistake

UNIT = b"\x1f"  # stands in for separators of several bytes, which a fast parser does not take


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
            fields = self._parse(block)
            filled = ~pl.all_horizontal(pl.all().is_null())  # a blank line is no interaction
            frame = typed(fields).filter(fields.select(filled).to_series())
            if frame.null_count().sum_horizontal().item():
                raise self._unreadable(block, fields)
            yield frame

    def _parse(self, block: Block) -> pl.DataFrame:
        data = block.data
        separator = self.separator
        if len(separator) > 1:
            data, separator = data.replace(separator.encode(), UNIT), UNIT.decode()
        try:
            frame = pl.read_csv(
                BytesIO(data),
                has_header=False,
                skip_rows=self._skipped(block),
                separator=separator,
                quote_char='"' if self.quoted else None,
                infer_schema=False,
                schema={f"{place}": pl.String for place in range(len(self.fields))},
            )
        except pl.exceptions.PolarsError as error:
            raise self._ragged(block) or block.mistake(
                0, f"unreadable from here: {error}"
            ) from None
        places = {name: f"{place}" for place, name in enumerate(self.fields) if name in KEPT}
        return frame.select(**{name: pl.col(place) for name, place in places.items()})

    def _skipped(self, block: Block) -> int:
        return int(self.header and block.line == 1)

    def _ragged(self, block: Block) -> Mistake | None:
        wanted = len(self.fields)
        for row, line in enumerate(block.data.split(b"\n")):
            found = line.count(self.separator.encode()) + 1
            if line.strip() and found != wanted:
                return block.mistake(row, f"must have {wanted} fields, got {found}; mend the line")
        return None

    def _unreadable(self, block: Block, fields: pl.DataFrame) -> Mistake:
        for row, (read, asked) in enumerate(
            zip(typed(fields).iter_rows(named=True), fields.iter_rows(named=True), strict=True)
        ):
            bad = [name for name, value in read.items() if value is None]
            if bad and any(asked.values()):
                what = f"{bad[0]} is missing or unreadable, got {asked[bad[0]]!r}; mend the line"
                return block.mistake(row + self._skipped(block), what)
        raise AssertionError("the caller saw a null")
