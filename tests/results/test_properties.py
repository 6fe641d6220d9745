"""Random figures of users through the paired test and its correction, against slow sums."""

import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bam.results.compare import Difference, difference
from bam.results.summary import gain_cells

VALUE = st.integers(0, 8).map(lambda n: n / 8)  # exact in binary


@st.composite
def two_sides(draw):
    """Figures [S U] of two configurations."""
    seeds, users = draw(st.integers(1, 3)), draw(st.integers(2, 12))
    row = st.lists(VALUE, min_size=users, max_size=users)
    return [draw(st.lists(row, min_size=seeds, max_size=seeds)) for _ in range(2)]


def t_below(t, degrees):
    """The share of Student's t that is below t: Simpson's rule on its density."""
    log_scale = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    scale = math.exp(log_scale) / math.sqrt(degrees * math.pi)

    def density(angle):  # t = sqrt(degrees) tan(angle), so that the range is finite
        return scale * math.sqrt(degrees) * math.cos(angle) ** (degrees - 1)

    end, steps = math.atan(t / math.sqrt(degrees)), 400
    at = [density(end * n / steps) for n in range(steps + 1)]
    return 0.5 + end / steps / 3 * (at[0] + at[-1] + 4 * sum(at[1:-1:2]) + 2 * sum(at[2:-1:2]))


@given(two_sides())
def test_the_difference_is_that_of_a_paired_t_test_by_its_formulas(sides):
    found = difference(*(torch.tensor(side, dtype=torch.float64) for side in sides))
    means = [[sum(user) / len(user) for user in zip(*side, strict=True)] for side in sides]
    gain = [a - b for a, b in zip(*means, strict=True)]
    n, mean = len(gain), sum(gain) / len(gain)
    error = math.sqrt(sum((g - mean) ** 2 for g in gain) / (n - 1) / n)
    assert (found.users, found.seeds) == (n, len(sides[0]))
    assert found.mean == pytest.approx(mean, abs=1e-12)
    if error < 1e-12:  # all users gain alike
        assert found.low == pytest.approx(mean) and found.high == pytest.approx(mean)
        assert found.p == pytest.approx(float(abs(mean) < 1e-12), abs=1e-9)
        return
    assert found.p == pytest.approx(2 * t_below(-abs(mean) / error, n - 1), abs=1e-6)
    assert mean - found.low == pytest.approx(found.high - mean)
    assert t_below((found.high - mean) / error, n - 1) == pytest.approx(0.975, abs=1e-6)
    assert (found.p < 0.05) == (found.low > 0 or found.high < 0)


@given(two_sides())
def test_the_other_way_round_everything_changes_its_sign(sides):
    one, other = (torch.tensor(side, dtype=torch.float64) for side in sides)
    found, turned = difference(one, other), difference(other, one)
    assert (found.mean, found.low, found.high) == pytest.approx(
        (-turned.mean, -turned.high, -turned.low)
    )
    assert found.p == pytest.approx(turned.p)


@given(two_sides(), st.integers(1, 200))
def test_the_interval_excludes_zero_exactly_where_p_is_below_five_percent(sides, comparisons):
    found = difference(*(torch.tensor(side, dtype=torch.float64) for side in sides), comparisons)
    assert (found.p < 0.05) == (found.low > 0 or found.high < 0)
    assert 0 <= found.p <= 1 and found.low <= found.mean <= found.high


@given(two_sides(), st.integers(1, 200))
def test_more_comparisons_widen_the_interval_and_raise_p(sides, comparisons):
    one, other = (torch.tensor(side, dtype=torch.float64) for side in sides)
    alone, among = difference(one, other), difference(one, other, comparisons)
    assert among.p == pytest.approx(min(1, comparisons * alone.p))
    assert among.low <= alone.low and alone.high <= among.high and among.mean == alone.mean


SMALL = st.floats(1e-9, 0.2)
SIGN = st.sampled_from([-1, 1])


@given(SMALL, SMALL, SIGN, st.booleans(), st.floats(0, 1))
def test_the_printed_interval_and_p_agree_as_the_numbers_do(near, wide, sign, excludes, share):
    near, p = (near, share * 0.0499999) if excludes else (-near, 0.05 + share * 0.95)
    low, high = sorted((sign * near, sign * (abs(near) + wide)))
    difference, printed_p = (
        cell.text for cell in gain_cells(Difference((low + high) / 2, low, high, p, 9, 1))
    )
    ends = [float(end) for end in re.search(r"\[(.*), (.*)\]", difference).groups()]
    assert (ends[0] > 0 or ends[1] < 0) == excludes
    assert (float(printed_p.removeprefix("< ")) < 0.05) == excludes
