"""Are the quotes of a text those of CSV, or letters? A stray quote must not swallow lines."""

import numpy as np
from jaxtyping import Bool, Int

LINE_END = ord("\n")


def are_regular(data: bytes, separator: bytes, quote: bytes) -> bool:
    """Each quote opens or closes a field, or is one of two that are a letter inside a field."""
    letters = np.frombuffer(data, np.uint8)
    place = np.flatnonzero(letters == quote[0])
    if len(place) % 2:
        return False
    before, after = letters[place[::2] - 1], letters.take(place[1::2] + 1, mode="clip")
    if len(place) and place[0] == 0:
        before[0] = LINE_END
    if len(place) and place[-1] == len(letters) - 1:
        after[-1] = LINE_END
    starts, ends = _one_of(b"\n" + separator + quote), _one_of(b"\r\n" + separator + quote)
    return bool(starts[before].all() and ends[after].all())


def _one_of(letters: bytes) -> Bool[np.ndarray, "256"]:
    """For each byte, whether it is one of these."""
    known = np.zeros(256, bool)
    known[list(letters)] = True
    return known


def find_ambiguous(data: bytes, separator: bytes, quote: bytes, fields: int) -> int | None:
    """The row of the first field of several lines that are all whole rows without the quotes.

    None if there is no such field. The quotes must be regular.
    """
    for start, stop in _spans_of_lines(data, quote):
        first = data.rfind(b"\n", 0, start) + 1
        end = data.find(b"\n", stop)
        lines = data[first : end if end >= 0 else len(data)].split(b"\n")
        if all(line.count(separator) == fields - 1 for line in lines):
            return data.count(b"\n", 0, start)
    return None


def _spans_of_lines(data: bytes, quote: bytes) -> Int[np.ndarray, "N 2"]:
    """The places of the two quotes around each field that contains a line end."""
    letters = np.frombuffer(data, np.uint8)
    place = np.flatnonzero(letters == quote[0])
    quotes_before = np.searchsorted(place, np.flatnonzero(letters == LINE_END))
    closing = np.unique(quotes_before[quotes_before % 2 == 1])  # a line end after an odd quote
    return np.stack([place[closing - 1], place[closing]], axis=1)
