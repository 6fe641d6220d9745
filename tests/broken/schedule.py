"""Schedules that are wrong on purpose; each is made by its warm-up."""

from itertools import count

from bam.training.schedule.decay import constant, linear
from tests.contracts.schedule import STEPS


def counts_its_calls(warmup):
    """The rate follows the calls, and a run that goes on begins anew."""
    right, number = linear(warmup, STEPS, 0.0), count(1)
    return lambda step: right(next(number))


def goes_below_zero(warmup):
    """Beyond the last step the line goes on falling."""
    right = linear(warmup, STEPS, 0.0)
    return lambda step: right(step) if step <= STEPS else STEPS / step - 1


def jumps(warmup):
    """Half of the rate comes back at step 60."""
    right = constant(warmup)
    return lambda step: right(step) if step < 50 or step >= 60 or warmup == STEPS else 0.5


def half(warmup):
    """Training has half of the rate it was given."""
    right = constant(warmup)
    return lambda step: right(step) / 2


WHOLE = "check_it_is_the_whole_rate_after_the_warm_up"
REFUSED = {
    counts_its_calls: {"check_a_step_has_its_rate_whatever_came_before", WHOLE},
    goes_below_zero: {"check_a_share_is_from_zero_to_one"},
    jumps: {"check_it_rises_in_a_straight_line_and_then_never_again"},
    half: {WHOLE},
}
