"""What may happen to a file: some places of it are cut out, and others are put in."""

from hypothesis import strategies as st

PIECES = (
    b"", b'"', b"'", b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b", b"PK",
    b"PAR1", b",", b"\t", b";", b"::", b" ", b"|", b"nan", b"inf", b"-1", b"0", b"1e999", b"9" * 20,
    b"[", b"]", b"{", b"}", b"null", b"true", b"\\u0000", b"\xc3\xa9", b"2020-13-45",
    b"&a [*a, *a]",    b"!!python/name:os.system", b"${oc.env:HOME}", b": ", b"- ", b"#",
)  # fmt: skip
PLACE = st.floats(0, 1, exclude_max=True)
CHANGE = st.tuples(
    PLACE,
    st.sampled_from([0, 0, 0, 1, 1, 2, 8, 64, 10**9]),  # bytes that are cut out
    st.sampled_from(PIECES) | st.binary(max_size=4) | PLACE,  # PLACE: a copy of what is there
)


def change(data, changes):
    """The bytes with each change, one after another."""
    for place, cut, piece in changes:
        start = int(place * len(data))
        if isinstance(piece, float):
            other = int(piece * len(data))
            piece = data[other : other + 40]
        data = data[:start] + piece + data[start + cut :]
    return data
