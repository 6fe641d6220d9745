"""From fields as text to typed interactions."""

import polars as pl

KEPT = ("user", "item", "time", "rating")
SECOND = 1_000_000  # times are whole microseconds until they are stored


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """User and item as text, time in microseconds, rating as a float; null where unreadable.

    A time may be a number of seconds, milliseconds, microseconds or nanoseconds, told apart by
    its size (seconds up to the year 5138), or a date such as 2010-10-19T23:55:27Z.
    """
    kinds = {
        "user": _text("user"),
        "item": _text("item"),
        "time": _microseconds(frame),
        "rating": pl.col("rating").cast(pl.Float32, strict=False),
    }
    return frame.select(**{name: kinds[name] for name in KEPT if name in frame.columns})


def _text(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)


def _microseconds(frame: pl.DataFrame) -> pl.Expr:
    dtype = frame.schema.get("time")
    if dtype is not None and dtype.is_temporal():
        return pl.col("time").cast(pl.Datetime("us")).to_physical()
    number = pl.col("time").cast(pl.Float64, strict=False)
    if dtype != pl.String:
        return _from_number(number)
    return pl.coalesce(_from_number(number), _from_date(pl.col("time")))


def _from_number(number: pl.Expr) -> pl.Expr:
    size = number.abs()
    scaled = (
        pl.when(size < 1e11)
        .then(number * 1e6)
        .when(size < 1e14)
        .then(number * 1e3)
        .when(size < 1e17)
        .then(number)
        .otherwise(number / 1e3)
    )
    return scaled.round().cast(pl.Int64, strict=False)


def _from_date(text: pl.Expr) -> pl.Expr:
    # a day is a midnight, and where no zone is told it is UTC
    plain = text.str.strip_chars().str.replace(r"^(\d{4}-\d\d-\d\d)$", "$1 00:00:00")
    zoned = plain.str.replace("T", " ").str.replace("Z$", "+00:00")
    zoned = pl.when(zoned.str.contains(r"[+-]\d\d:?\d\d$")).then(zoned).otherwise(zoned + "+00:00")
    moment = zoned.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%z", time_unit="us", strict=False)
    return moment.to_physical()
