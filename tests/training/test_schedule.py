"""Every option of conf/schedule."""

import math

import pytest

from bam.config.instantiate import component
from bam.errors import Mistake
from bam.training.schedule.decay import constant, cosine, linear
from tests.broken.schedule import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import schedule as contract


@pytest.mark.parametrize("name", options("schedule"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_schedule_keeps_the_contract(configured, name, check):
    def make(warmup):
        config = configured(f"schedule={name}", f"schedule.warmup_steps={warmup}",
                            f"trainer.max_steps={contract.STEPS}")  # fmt: skip
        return component(config["schedule"], "schedule")

    check(make)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_schedule_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


def test_a_constant_rate_is_exactly_the_optimizers():
    assert {constant(0)(step) for step in (1, 2, 10**6)} == {1.0}
    assert constant(4)(2) == 0.5 and constant(4)(5) == 1.0


@pytest.mark.parametrize("step", [11, 35, 60, 110])
def test_a_cosine_falls_from_the_end_of_the_warm_up_to_its_final_share(step):
    expected = 0.2 + 0.8 * 0.5 * (1 + math.cos(math.pi * (step - 10) / 100))
    assert cosine(10, 110, 0.2)(step) == pytest.approx(expected)
    assert cosine(10, 110, 0.2)(110 + step) == pytest.approx(0.2)


def test_a_line_is_halfway_down_in_the_middle():
    assert linear(0, 100, 0.0)(50) == 0.5 and linear(20, 100, 0.5)(60) == 0.75
    assert linear(0, 100, 0.0)(100) == 0.0


@pytest.mark.parametrize("decay", [cosine, linear])
def test_a_schedule_without_steps_is_no_mistake(decay):
    assert decay(0, 0, 0.0)  # backbone=popularity takes none


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ((-1, 10, 0.0), r"warmup_steps must be from 0 to max_steps \(10\), got -1"),
        ((11, 10, 0.0), r"warmup_steps must be from 0 to max_steps \(10\), got 11"),
        ((0, 10, 1.5), r"final_share must be from 0 to 1, got 1\.5"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(wrong, message):
    with pytest.raises(Mistake, match=message):
        cosine(*wrong)
