"""From columns of any type to interactions: ids as text, times as integers, ratings as floats."""

import polars as pl

from bam.data.dataset.read.times import read_times

FIELDS = ("user", "item", "time", "order", "rating", "event")
MISSING = (  # as programs write it
    *("", "nan", "NaN", "NAN", "-nan", "NaT", "null", "Null", "NULL", "None", "none"),
    *("NA", "<NA>", "#N/A", "N/A", "n/a", r"\N"),
)
LIST = r"^\[.*[,\s].*\]$|^\{.*:.*\}$"  # lists and objects that a program wrote as text
CLOCK = r"^(\d{1,2}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?$"
WHOLE = r"^(-?\d+)\.0+$"  # a whole number that a program wrote as a decimal one
SPACES = r"\s\s|[^\S ]"  # several, or other than a blank


def cast(frame: pl.DataFrame, time_form: str) -> pl.DataFrame:
    """User, item and event as text, time in microseconds, rating and order as numbers.

    What is unreadable becomes null.

    `time_form` is what `decide_form` gives.
    """
    columns = [frame[name] for name in FIELDS if name in frame.columns]
    return pl.DataFrame([_cast(column, time_form) for column in columns])


def _cast(column: pl.Series, time_form: str) -> pl.Series:
    if column.name == "time":
        return read_times(column, time_form)
    if column.name == "order":
        return read_order(column)
    if column.name == "rating":
        return read_rating(column)
    return read_text(column) if column.name == "event" else read_id(column)


def read_id(column: pl.Series) -> pl.Series:
    """As `read_text`, with one blank in place of several spaces: tables of names have no others."""
    text = read_text(column)
    return text.str.replace_all(r"\s+", " ") if text.str.contains(SPACES).any() else text


def read_text(column: pl.Series) -> pl.Series:
    """Text without space around it; null for what means that there is none, and for objects."""
    if column.dtype.is_nested():
        return pl.Series(column.name, [None] * len(column), pl.String)
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        as_whole = whole.cast(column.dtype) == column
        column = whole.cast(pl.String).zip_with(as_whole.fill_null(False), column.cast(pl.String))
    text = column.cast(pl.String, strict=False).str.strip_chars()
    missing = text.is_in(MISSING)
    if (text.str.starts_with("[") | text.str.starts_with("{")).any():
        missing |= text.str.contains(LIST)
    return text.set(missing, None) if missing.any() else text  # no copy where nothing is missing


def read_rating(column: pl.Series) -> pl.Series:
    """A finite number, or null."""
    if column.dtype == pl.String:
        column = column.str.strip_chars()
    rating = column.cast(pl.Float32, strict=False)
    return rating.set(~rating.is_finite(), None)


def read_order(column: pl.Series) -> pl.Series:
    """A finite number, or the seconds of a time of day such as 9:05 or 23:59:59.5; else null.

    Whole numbers above 2^53 are null, too: as decimals, neighbours would be equal.
    """
    if column.dtype.is_temporal():
        return column.to_physical().cast(pl.Float64)
    if column.dtype != pl.String:
        return _exact(column, column.cast(pl.Float64, strict=False))
    text = column.str.strip_chars()
    number = text.cast(pl.Float64, strict=False)
    if number.null_count() == len(number):
        clock = text.str.extract_groups(CLOCK).struct.unnest().cast(pl.Float64, strict=False)
        number = clock["1"] * 3600 + clock["2"] * 60 + clock["3"].fill_null(0)
    return _exact(text.cast(pl.Int64, strict=False), number).alias(column.name)


def _exact(whole: pl.Series, number: pl.Series) -> pl.Series:
    """The numbers that are finite, and not rounded."""
    lost = ~number.is_finite()
    if whole.dtype.is_integer():
        lost |= (whole.abs() > 2**53).fill_null(False)
    return number.set(lost.fill_null(False), None)


def as_known(ids: pl.Series, known: pl.Series) -> pl.Series:
    """Ids as a data set has them: 1.0 becomes 1 where it knows 1, or where all that it knows are
    numbers.

    Where it knows one such as 1.0, its source had a text, too, that a filter left out.
    """
    if not ids.str.contains(".", literal=True).any() or known.str.contains(WHOLE).any():
        return ids
    whole = ids.str.replace(WHOLE, "$1")
    numbers = known.cast(pl.Float64, strict=False).null_count() == known.null_count()
    return whole if numbers else whole.zip_with(whole.is_in(known.implode()), ids)
