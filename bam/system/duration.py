"""A time to wait, in words short enough for a log line."""

UNITS = ((3600, "h"), (60, "min"), (1, "s"))  # seconds


def duration(seconds: float) -> str:
    """In its largest unit, such as 40 s or 12 min; hours have one decimal."""
    size, unit = next((pair for pair in UNITS if seconds >= pair[0]), UNITS[-1])
    return f"{seconds / size:.{unit == 'h':d}f} {unit}"


def between(low: float, high: float) -> str:
    """Two durations as a range, such as 5 to 12 min; one where they read alike."""
    first, last = duration(low), duration(high)
    if first == last:
        return last
    return f"{first.split()[0] if first.split()[1] == last.split()[1] else first} to {last}"
