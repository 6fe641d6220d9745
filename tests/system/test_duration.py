import pytest

from bam.system.duration import between, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (40.0, "40 s"), (59.4, "59 s"), (59.6, "1 min"), (720.0, "12 min"),
     (3599.0, "1.0 h"), (9000.0, "2.5 h")],
)  # fmt: skip
def test_a_duration_is_in_its_largest_unit(seconds, text):
    assert duration(seconds) == text


def test_a_range_names_its_unit_once_and_one_end_where_both_read_alike():
    assert between(300.0, 720.0) == "5 to 12 min"
    assert between(40.0, 720.0) == "40 s to 12 min"
    assert between(40.1, 40.2) == "40 s"
