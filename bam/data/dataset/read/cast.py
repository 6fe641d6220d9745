"""From columns of any type to interactions: ids as text, times as integers, ratings as floats."""

import polars as pl

FIELDS = ("user", "item", "time", "rating")
SECOND = 1_000_000  # times are whole microseconds until they are written


def cast(frame: pl.DataFrame) -> pl.DataFrame:
    """User and item as text, time in microseconds, rating as a float; null where unreadable.

    A time may be a number of seconds, milliseconds, microseconds or nanoseconds, which is decided
    by its size (seconds up to the year 5138), or a date such as 2010-10-19T23:55:27Z.
    """
    convert = {"user": _text, "item": _text, "time": _microseconds, "rating": _number}
    return pl.DataFrame([convert[name](frame[name]) for name in FIELDS if name in frame.columns])


def _text(column: pl.Series) -> pl.Series:
    text = column.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)


def _number(column: pl.Series) -> pl.Series:
    return column.cast(pl.Float32, strict=False)


def _microseconds(column: pl.Series) -> pl.Series:
    if column.dtype.is_temporal():
        return column.cast(pl.Datetime("us")).to_physical()
    times = _from_number(column.cast(pl.Float64, strict=False))
    if column.dtype == pl.String and times.null_count():
        return times.fill_null(_from_date(column))
    return times


def _from_number(number: pl.Series) -> pl.Series:
    # seconds, milliseconds and microseconds end where the next unit begins; beyond are nanoseconds
    time, size = pl.col("time"), pl.col("time").abs()
    scaled = (
        pl.when(size < 1e11)
        .then(time * 1e6)
        .when(size < 1e14)
        .then(time * 1e3)
        .when(size < 1e17)
        .then(time)
        .otherwise(time / 1e3)
    )
    return number.to_frame("time").select(scaled.round().cast(pl.Int64, strict=False)).to_series()


def _from_date(column: pl.Series) -> pl.Series:
    # a day alone is its midnight, and a time without a zone is UTC
    plain = column.str.strip_chars().str.replace(r"^(\d{4}-\d\d-\d\d)$", "$1 00:00:00")
    zoned = plain.str.replace("T", " ").str.replace("Z$", "+00:00")
    bare = ~zoned.str.contains(r"[+-]\d\d:?\d\d$")
    zoned = (zoned + "+00:00").zip_with(bare, zoned)
    moment = zoned.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%z", time_unit="us", strict=False)
    return moment.to_physical()
