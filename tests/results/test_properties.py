"""Random figures of users through the paired test and its correction, against slow sums."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bam.results.compare import Difference, difference, holm

VALUE = st.integers(0, 8).map(lambda n: n / 8)  # exact in binary
P = st.floats(0, 1)


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


@given(st.lists(P, max_size=8))
def test_holm_rejects_what_stepping_down_by_hand_rejects(ps):
    """At each level: the smallest p is compared with level / m, the next with level / (m - 1)."""
    found = holm({place: Difference(0.0, 0.0, 0.0, p, 1, 1) for place, p in enumerate(ps)})
    assert list(found) == list(range(len(ps)))
    for level in (0.001, 0.01, 0.05, 0.2, 0.5, 0.999):
        rejected = set()
        for turn, place in enumerate(sorted(found, key=lambda place: ps[place])):
            if ps[place] * (len(ps) - turn) > level:
                break
            rejected.add(place)
        assert {place for place, one in found.items() if one.p <= level} == rejected
    assert all(p <= one.p <= 1 for p, one in zip(ps, found.values(), strict=True))
