"""Times of any form as microseconds. The form is decided once for a whole column, or is given."""

import logging
import re

import polars as pl

from bam.errors import Mistake, require

log = logging.getLogger(__name__)
SECOND = 1_000_000  # times are whole microseconds until they are written
UNITS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}  # microseconds
LARGEST = {"s": 1e11, "ms": 1e14, "us": 1e17, "ns": float("inf")}  # where the next unit begins
YEARS = (-30_610_224_000 * SECOND, 253_402_300_800 * SECOND)  # from 1000 to 9999
DAYS = {  # by the number of digits
    **{8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"},
    17: "%Y%m%d%H%M%S%3f",
}
# numbers of few digits that may be times, or seconds of January 1970
FEW = {4: ("%Y", "years"), 6: ("%Y%m", "months"), 7: ("%Y%j", "days of a year")}
COMMON = "date"  # every year-first form that `_from_date` reads
FORMS = "s, ms, us, ns or a pattern such as %d.%m.%Y"
DIRECT = (  # forms that are read without a change of the text; the first that fits is used
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d"),
    *("%a %b %d %H:%M:%S %z %Y", "%a, %d %b %Y %H:%M:%S %z"),
)


def require_form(form: str) -> None:
    """Raise a Mistake unless `form` is empty, a unit or a pattern."""
    known = form in ("", *UNITS) or "%" in form
    require(known, f"time_format must be {FORMS}, or empty: it is found out", form)
    rule = "time_format must have %z, such as +0100, in place of %Z: names of zones are not read"
    require("%Z" not in form, rule, form)
    rule = "time_format must have %.f in place of .%f, which counts nanoseconds: .5 and .05 are one"
    require("%f" not in form.replace("%%", ""), rule, form)


class TimeForm:
    """The form of a column of times: the given one, or that of its first block."""

    def __init__(self, given: str):
        self._form, self._is_given = given, bool(given)
        self._seen = pl.Series(dtype=pl.Float64)  # the smallest and the largest number so far

    def of(self, times: pl.Series, source: str) -> str:
        """The form of a block; it is decided where it is not known yet.

        Raises:
            Mistake: the times may be of two forms, or are of another unit than those before.
        """
        if self._is_given:
            return self._form
        if not self._form:
            self._form = decide_form(times, source)
        if self._form in UNITS:
            numbers = _to_number(times).drop_nulls().drop_nans()
            if pattern := _days_form(numbers):
                raise Mistake(
                    f"{source}: times must have one form, got {numbers[0]:.0f}, which may be "
                    f"{pattern}; correct them, or give dataset.time_format={self._form}"
                )
            both = pl.concat([self._seen, numbers])
            _require_one_unit(both, self._form, source)
            self._seen = pl.Series([both.min(), both.max()], dtype=pl.Float64)
        return self._form


def decide_form(times: pl.Series, source: str) -> str:
    """The form of these times: a unit, a pattern, or COMMON; empty where there is nothing to read.

    Raises:
        Mistake: the times may be of two forms.
    """
    if times.dtype.is_temporal():
        return COMMON
    values = times.drop_nulls()
    numbers = _to_number(values)
    if numbers.null_count() and values.dtype == pl.String:
        values = values.str.strip_chars().replace("", None).drop_nulls()
        numbers = values.cast(pl.Float64, strict=False)
    if not len(values):
        return ""
    if numbers[0] is None:
        form = _date_form(values[0])
    else:
        form = _number_form(numbers.drop_nulls().drop_nans(), source)
    log.info("%s: times are read as %s", source, form)
    return form


def _date_form(text: str) -> str:
    fitting = (form for form in DIRECT if _parse(pl.Series([text]), form)[0] is not None)
    return next(fitting, COMMON)


def _number_form(numbers: pl.Series, source: str) -> str:
    if pattern := _days_form(numbers):
        return pattern
    low, high = _extremes(numbers)
    for digits, (pattern, kind) in FEW.items():
        tens = 10 ** (digits - 4)
        inside = low >= 1900 * tens and high < 2101 * tens
        if inside and not _parse(_digits(numbers), pattern).null_count():
            raise Mistake(
                f"{source}: times of {low:.0f} may be {kind}; dataset.time_format must be "
                f"{pattern} for {kind}, or s for seconds"
            )
    unit = next(unit for unit, largest in LARGEST.items() if high < largest or unit == "ns")
    _require_one_unit(numbers, unit, source)
    return unit


def _days_form(numbers: pl.Series) -> str:
    """The pattern by which at least half of the numbers are days; empty if there is none."""
    low, high = _extremes(numbers)
    for digits, pattern in DAYS.items():
        first, last = 19 * 10 ** (digits - 2), 22 * 10 ** (digits - 2)  # years 1900 to 2200
        if high < first or low > last:
            continue
        days = numbers.filter(numbers.is_between(first, last))
        read = len(days) - _parse(_digits(days), pattern).null_count()
        if read and 2 * read >= len(numbers):
            return pattern
    return ""


def _extremes(numbers: pl.Series) -> tuple[float, float]:
    """The smallest and the largest of their sizes."""
    sizes = numbers.abs()
    return float(sizes.min() or 0), float(sizes.max() or 0)  # type: ignore[arg-type]


def _require_one_unit(numbers: pl.Series, unit: str, source: str) -> None:
    """Recent moments in seconds beside recent ones in milliseconds are two units."""
    limits = [limit for limit in LARGEST.values() if limit <= LARGEST[unit]]
    for limit in limits[:-1]:
        below = numbers.filter(numbers.is_between(limit / 1e3, limit))
        above = numbers.filter(numbers >= limit)
        if not (len(below) and len(above)):
            continue
        low, high = float(below.max()), float(above.min())  # type: ignore[arg-type]
        if high / low >= 100:
            raise Mistake(
                f"{source}: times must have one unit, got {low:.0f} and {high:.0f}; "
                f"correct them, or give dataset.time_format={unit}"
            )


def read_times(times: pl.Series, form: str) -> pl.Series:
    """Microseconds since 1970 in UTC.

    Null where a time is not of the form, or of no year from 1000 to 9999: %Y reads 31.12.99 as a
    day of the year 99.
    """
    moments = _read(times, form)
    return moments.set(~moments.is_between(*YEARS, closed="left"), None)


def _read(times: pl.Series, form: str) -> pl.Series:
    if times.dtype.is_temporal():
        fits = times.dtype in (pl.Datetime, pl.Date)
        return times.cast(pl.Datetime("us")).to_physical() if fits else _nothing(times)
    if form in UNITS:
        return _from_number(_to_number(times), form)
    if times.dtype.is_numeric():
        times = _digits(times)
    text = times.cast(pl.String, strict=False).str.strip_chars()
    if form == COMMON:
        return _from_date(text)
    if form in DAYS.values():
        text = text.str.strip_suffix(".0")
    moments = _parse(text, form)
    if form in DIRECT and moments.null_count():
        return moments.fill_null(_from_date(text))
    return moments


def _to_number(times: pl.Series) -> pl.Series:
    number = times.cast(pl.Float64, strict=False)
    if number.null_count() and times.dtype == pl.String:
        return times.str.strip_chars().cast(pl.Float64, strict=False)
    return number


def _nothing(times: pl.Series) -> pl.Series:
    return pl.Series(times.name, [None] * len(times), pl.Int64)


def _digits(numbers: pl.Series) -> pl.Series:
    return numbers.cast(pl.Int64, strict=False).cast(pl.String)


def _from_number(number: pl.Series, unit: str) -> pl.Series:
    inside = number.abs() < LARGEST[unit]
    return (number * UNITS[unit]).set(~inside, None).round().cast(pl.Int64, strict=False)


def _parse(text: pl.Series, form: str) -> pl.Series:
    if re.search("%[HkIl]", form) and not re.search("%[MTRXrc]", form):
        text, form = text + " 00", f"{form} %M"  # an hour alone is its beginning
    try:
        moment = text.str.to_datetime(form, time_unit="us", strict=False)
    except pl.exceptions.PolarsError as error:
        rule = f"time_format must be a pattern of a moment or a day ({error})"
        raise Mistake(f"{rule}, got {form!r}") from None
    return moment.to_physical()


def _from_date(text: pl.Series) -> pl.Series:
    """From 2020-01-31[T12:00[:00[.5]][Z]] with `/` or nothing between the parts, and any offset.

    A day alone is its midnight, and a time without a zone is UTC.
    """
    moment = (
        text.str.replace(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d))?", "$1-$2-$3 $4:$5:$6")
        .str.replace(r" ::", "")
        .str.replace(r"^(\d{4})/(\d\d?)/(\d\d?)", "$1-$2-$3")
        .str.replace(r"^(\S+)T", "$1 ")
        .str.replace(r" ?(Z|UTC|GMT)$", "+00:00")
        .str.replace(r"^(\S+)$", "$1 00:00")
        .str.replace(r"^(\S+ \d\d?:\d\d)([ +-]|$)", "$1:00$2")
        .str.replace(r",(\d+)", ".$1")
        .str.replace(r"(:\S+?) ?([+-]\d\d):?(\d\d)?$", "$1$2:$3")
        .str.replace(r"([+-]\d\d:)$", "${1}00")
    )
    bare = ~moment.str.contains(r" .*[+-]\d\d:\d\d$")
    zoned = (moment + "+00:00").zip_with(bare, moment)
    return _parse(zoned, "%Y-%m-%d %H:%M:%S%.f%:z")
