"""A user's own table in Parquet."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from bam.data.dataset.read.cast import cast
from bam.data.dataset.read.history import unfold
from bam.data.dataset.read.part import Part
from bam.data.dataset.read.split_files import add_split
from bam.data.dataset.read.times import TimeForm
from bam.errors import Mistake
from bam.system.bars import progress_bar
from bam.system.files import naming

ROWS = 1 << 20  # at a time
HISTORIES = 1 << 14  # of them that become a row for each item at a time
LISTS = (pl.List, pl.Array)


def read_parquet(
    parts: tuple[Part, ...], columns: dict[str, str], time_form: str
) -> Iterator[pl.DataFrame]:
    """Interactions in file order; a list of items is the history of its user.

    Raises:
        Mistake: a column is missing or of another type, or a row cannot be read.
    """
    form, times = time_form, TimeForm(time_form)
    for part in parts:
        with parsing(part), naming(part.path):
            for start, rows in _slices(part, columns):
                lists = tuple(name for name in rows.columns if rows.schema[name] == pl.List)
                flat = unfold(rows, lists, str(part)) if lists else rows
                if "time" in flat.columns:
                    form = times.of(flat["time"], str(part))
                frame = cast(flat, form)
                _require_values(part, columns, frame, None if lists else start)
                yield add_split(frame, part)


@contextmanager
def parsing(part: Part) -> Iterator[None]:
    """Raise a Mistake that names the part, where polars cannot read it or its types."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = str(error).partition("\n")[0]
        raise Mistake(f"{part}: unreadable ({reason}); write it again as text") from None


def _slices(part: Part, columns: dict[str, str]) -> Iterator[tuple[int, pl.DataFrame]]:
    """The number of the first row, and the rows; fewer where a row has the history of a user."""
    table = _open(part, columns)
    has_lists = any(isinstance(kind, LISTS) for kind in table.collect_schema().values())
    count, at_once = table.select(pl.len()).collect().item(), HISTORIES if has_lists else ROWS
    for start in progress_bar(range(0, count, ROWS), desc=f"read {part.name}", delay=1):
        rows = table.slice(start, ROWS).collect()  # fewer would read a row group again and again
        for place in range(0, len(rows), at_once):
            yield start + place, rows.slice(place, at_once)


def _open(part: Part, columns: dict[str, str]) -> pl.LazyFrame:
    require_unpacked(part)
    table = pl.scan_parquet(part.path, glob=False)
    schema = table.collect_schema()
    require_columns(part, columns, schema.names())
    for role, column in columns.items():
        kind = schema[column]
        inner = kind.inner if isinstance(kind, LISTS) and role != "user" else kind
        if inner.is_nested():
            raise Mistake(f"{part}: column {column} must hold one {role} a row, got {kind}")
    arrays = {column for column in columns.values() if isinstance(schema[column], pl.Array)}
    return table.select(
        **{
            role: pl.col(column).arr.to_list() if column in arrays else pl.col(column)
            for role, column in columns.items()
        }
    )


def require_unpacked(part: Part) -> None:
    """Raise a Mistake where the file is inside a zip, or gzipped."""
    if part.is_packed:
        raise Mistake(f"{part}: a Parquet file inside a zip or gz cannot be read; unpack it")


def require_columns(part: Part, columns: dict[str, str], names: list[str]) -> None:
    """Raise a Mistake unless each column is among the names."""
    for column in columns.values():
        if column not in names:
            known = ", ".join(names)[:200]
            raise Mistake(f"{part}: column {column} is missing; the file has {known}")


def _require_values(
    part: Part, columns: dict[str, str], frame: pl.DataFrame, first_row: int | None
) -> None:
    bad = frame.with_row_index("row", first_row or 0).filter(pl.any_horizontal(pl.all().is_null()))
    if len(bad):
        role = next(name for name, value in bad.row(0, named=True).items() if value is None)
        place = f"user {bad['user'][0]}" if first_row is None else f"row {bad['row'][0] + 1}"
        problem = f"{place}: {columns[role]} is missing or unreadable"
        raise Mistake(f"{part}: {problem}; correct the row")
