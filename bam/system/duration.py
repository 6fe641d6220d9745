"""A time to wait, in words short enough for a log line."""


def duration(seconds: float) -> str:
    """In its largest unit, such as 40 s, 12 min or 2.5 h."""
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    if round(seconds / 60) < 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def between(low: float, high: float) -> str:
    """Two durations as a range, such as 5 to 12 min; one where they read alike."""
    first, last = duration(low), duration(high)
    if first == last:
        return last
    number, unit = first.split()
    return f"{number if last.endswith(f' {unit}') else first} to {last}"
