"""What every schedule must do; a check takes make(warmup_steps), of 100 steps."""

import pytest

STEPS = 100
WARMUPS = (0, 1, 10, STEPS)


def check_a_share_is_from_zero_to_one(make):
    for warmup in WARMUPS:
        assert all(0 <= share <= 1 for share in shares(make(warmup)))


def check_it_rises_in_a_straight_line_and_then_never_again(make):
    for warmup in WARMUPS:
        found = shares(make(warmup))
        highest = found[max(0, warmup - 1)]
        expected = [highest * t / warmup for t in range(1, warmup + 1)]
        assert found[:warmup] == pytest.approx(expected)
        after = found[max(0, warmup - 1) :]
        assert after == sorted(after, reverse=True)


def check_it_is_the_whole_rate_after_the_warm_up(make):
    """So that optimizer.lr is the rate that training has at most."""
    for warmup in WARMUPS[1:]:
        assert make(warmup)(warmup) == pytest.approx(1)


def check_a_step_has_its_rate_whatever_came_before(make):
    """A run that goes on after step n begins with the rate of n + 1."""
    for warmup in WARMUPS:
        schedule = make(warmup)
        forward = shares(schedule)
        assert [schedule(step) for step in range(STEPS + 20, 0, -1)] == forward[::-1]


def shares(schedule):
    """Of steps 1 to the last, and of some beyond it."""
    return [schedule(step) for step in range(1, STEPS + 21)]
