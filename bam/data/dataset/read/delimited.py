"""Lines of fields between separators: most published ratings."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO, StringIO

import polars as pl

from bam.data.dataset.read.cast import cast
from bam.data.dataset.read.lines import Block, blocks
from bam.data.dataset.read.part import Part
from bam.data.dataset.read.quotes import are_regular, find_ambiguous
from bam.data.dataset.read.split_files import add_split
from bam.data.dataset.read.times import TimeForm
from bam.errors import Mistake

UNIT = "\x1f"  # replaces a separator of several bytes, which fast parsers do not accept
QUOTE_RULE = "dataset.quote must be none if quotes are letters, or the quote itself"

AMBIGUOUS = f"a quote may join lines, or be a letter; {QUOTE_RULE}"


@dataclass(frozen=True)
class Delimited:
    """Reads lines of these fields; those that have a name are used."""

    separator: str
    fields: tuple[str, ...]
    header: bool  # the first line names the fields, and is skipped
    quote: str  # a field between two of it may contain separators and line ends; empty: none
    time_form: str  # empty: the first lines decide
    ambiguous: bool = False  # quotes that may be letters are accepted as quotes

    def chunks(self, *parts: Part) -> Iterator[pl.DataFrame]:
        """Interactions in file order.

        Raises:
            Mistake: a line has too many, too few or unreadable fields, or a part lacks a column.
        """
        readers = [self._of_header(part, like=parts[0]) for part in parts]
        form, times = self.time_form, TimeForm(self.time_form)
        for reader, part in zip(readers, parts, strict=True):
            for block, texts in reader.texts(part):
                if "time" in texts.columns:
                    form = times.of(texts["time"], str(part))
                frame = reader._cast(block, texts, form)
                del texts  # not needed while the interactions are used
                yield add_split(frame, part)

    def _of_header(self, part: Part, like: Part) -> "Delimited":
        """The reader of a part whose header has the named columns of `like`, in any order.

        Raises:
            Mistake: it lacks one of them, or has it twice.
        """
        line = part.first_line()
        if not self.header or not line or line == like.first_line():
            return self
        roles = {name: role for role, name in self._read_header(like).items()}
        names = self._split(part, line)
        if any(names.count(name) != 1 for name in roles):
            needed = ", ".join(roles)
            raise Mistake(
                f"{part}: must have the columns {needed} as {like} has them, got {line[:80]!r}; "
                "correct its header, or name the right files"
            )
        return replace(self, fields=tuple(roles.get(name, "") for name in names))

    def texts(self, part: Part) -> Iterator[tuple[Block, pl.DataFrame]]:
        """The fields that have a name, as they are in the file; blank lines are empty rows.

        Raises:
            Mistake: a line has too many or too few fields, or is the header again.
        """
        header = self._read_header(part) if self.header else {}
        for block in blocks(part, self.quote):
            body = block.after_header() if self.header and block.line == 1 else block
            if body.data.strip():
                yield body, self._texts(body, header)

    def _read_header(self, part: Part) -> dict[str, str]:
        """What the first line has in the named fields."""
        first = self._split(part, part.first_line())
        return {name: first[place] for name, place in self._places.items() if place < len(first)}

    def _split(self, part: Part, line: str) -> list[str]:
        """The fields of a header."""
        text = line.replace(self.separator, self._letter)
        try:
            return next(read_records(text, self._letter, self.quote), [])
        except csv.Error as error:
            raise Mistake(f"{part}: the header must be one line ({error}); correct it") from None

    def _texts(self, block: Block, header: dict[str, str]) -> pl.DataFrame:
        """The named fields; files that were put together have a header in the middle."""
        texts = self._read(block)
        alike = [pl.col(name) == value for name, value in header.items()]
        if alike and texts.select(pl.all_horizontal(alike).any()).item():
            rows, lines = self._read_line_by_line(block)
            row = int(rows.select(pl.all_horizontal(alike).arg_max()).item())
            raise block.mistake(lines[row], "the header is there again; delete the line")
        return texts

    def _read(self, block: Block) -> pl.DataFrame:
        data = block.data
        if self._letter != self.separator:
            data = data.replace(self.separator.encode(), self._letter.encode())
        if self._quotes_are_regular(block, data):
            texts = self._read_fast(data)
            if texts is not None:
                return self._with_separators(texts)
        return self._read_line_by_line(block)[0]

    def _with_separators(self, texts: pl.DataFrame) -> pl.DataFrame:
        """With the separator of several letters that fields in quotes had."""
        if self._letter == self.separator:
            return texts
        return texts.with_columns(pl.all().str.replace_all(UNIT, self.separator, literal=True))

    def _cast(self, block: Block, texts: pl.DataFrame, form: str) -> pl.DataFrame:
        frame = cast(texts, form)
        if not any(frame.null_count().row(0)):
            return frame
        texts, lines = self._read_line_by_line(block)  # it drops the blank lines
        frame = cast(texts, form)
        hole = min(_holes(frame), default=None)
        if hole:
            row, place = hole
            name = frame.columns[place]
            raise block.mistake(lines[row], describe_hole(name, texts[name][row], form))
        return frame

    @property
    def _letter(self) -> str:
        return self.separator if len(self.separator.encode()) == 1 else UNIT

    @property
    def _other_reader(self) -> str:
        """What else may read lines that differ in length."""
        lines = " (dataset=sequences reads `user item item ...` lines)"
        return lines if self.separator in (" ", "\t") else ""

    @property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.fields) if name}

    def _quotes_are_regular(self, block: Block, data: bytes) -> bool:
        quote, separator = self.quote.encode(), self._letter.encode()
        if not quote or quote not in data:
            return True
        if not are_regular(data, separator, quote):
            return False
        row = find_ambiguous(data, separator, quote, len(self.fields))
        if row is not None and not self.ambiguous:
            raise block.mistake(row, AMBIGUOUS)
        return True

    def _require_one_reading(self, block: Block, lines: list[str], row: int) -> None:
        whole = all(line.count(self._letter) == len(self.fields) - 1 for line in lines)
        if len(lines) > 1 and whole and not self.ambiguous:
            raise block.mistake(row, AMBIGUOUS)

    def _read_fast(self, data: bytes) -> pl.DataFrame | None:
        """None where a line is unusual: the slow way then reads it, or names it."""
        try:
            frame = pl.read_csv(
                BytesIO(data),
                has_header=False,
                separator=self._letter,
                quote_char=self.quote if self.quote and self.quote.encode() in data else None,
                infer_schema=False,
                schema={f"{place}": pl.String for place in range(len(self.fields))},
            )
        except pl.exceptions.PolarsError:
            return None
        if frame[:, -1].has_nulls() and not self._have_all_fields(data, frame):
            return None
        return frame.select(**{n: pl.col(f"{place}") for n, place in self._places.items()})

    def _have_all_fields(self, data: bytes, frame: pl.DataFrame) -> bool:
        """Whether no line is short: polars fills it up with nulls, and refuses a longer one."""
        within = pl.all().str.count_matches(self._letter, literal=True).sum()
        between = data.count(self._letter.encode()) - frame.select(within).sum_horizontal().item()
        lines = frame.select(pl.any_horizontal(pl.all().is_not_null()).sum()).item()
        return bool(between == lines * (len(self.fields) - 1))

    def _read_line_by_line(self, block: Block) -> tuple[pl.DataFrame, list[int]]:
        """The used fields, and the last line of each row; no blank lines."""
        rows: list[list[str]] = []
        lines: list[int] = []
        for line, fields in self._lines(block):
            if len(fields) != len(self.fields):
                problem = f"must have {len(self.fields)} fields, got {len(fields)}"
                raise block.mistake(line, f"{problem}; correct the line{self._other_reader}")
            rows.append([fields[place] for place in self._places.values()])
            lines.append(line)
        schema = dict.fromkeys(self._places, pl.String)
        return self._with_separators(pl.DataFrame(rows, schema=schema, orient="row")), lines

    def _lines(self, block: Block) -> Iterator[tuple[int, list[str]]]:
        """The last line of each record, counted from 0, and its fields; no blank lines."""
        text = block.data.decode().replace(self.separator, self._letter)
        records = read_records(text, self._letter, self.quote)
        lines, line = text.split("\n"), 0
        try:
            for fields in records:
                self._require_one_reading(block, lines[line : records.line_num], line)
                line = records.line_num
                if len(fields) > 1 or any(map(str.strip, fields)):
                    yield line - 1, fields
        except csv.Error as error:
            problem = f"a quote opens no field, or is never closed ({error})"
            raise block.mistake(line, f"{problem}; {QUOTE_RULE}") from None


def read_records(text: str, separator: str, quote: str) -> "csv._reader":
    """The rows of a text; a quote that neither closes a field nor is doubled is a csv.Error."""
    lines = StringIO(text, newline="")
    if not quote:
        return csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=separator, quotechar=quote, strict=True)


def _holes(frame: pl.DataFrame) -> Iterator[tuple[int, int]]:
    """Row and column of each unreadable value."""
    for place, name in enumerate(frame.columns):
        yield from ((row, place) for row in frame[name].is_null().arg_true())


def describe_hole(name: str, value: object, time_form: str) -> str:
    """The message about a value that is missing or unreadable."""
    large = ", or above 2^53" if name == "order" else ""
    problem = f"{name} is missing or unreadable{large}, got {value!r}; correct the line"
    if not time_form or name != "time":
        return problem
    return f"{problem}, or give the form of the times (not {time_form}) as dataset.time_format"
