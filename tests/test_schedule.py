"""Every option of conf/schedule."""

import math

import pytest

from bam.experiment.compose import component
from bam.mistake import Mistake
from bam.schedule.decay import constant, cosine, linear
from tests.conftest import options


@pytest.fixture
def schedule(configured):
    """schedule(name, warmup_steps) of 100 steps."""

    def made(name, warmup):
        config = configured(f"schedule={name}", f"schedule.warmup_steps={warmup}",
                            "trainer.max_steps=100")  # fmt: skip
        return component(config["schedule"], "schedule")

    return made


@pytest.mark.parametrize("warmup", [0, 1, 10, 100])
@pytest.mark.parametrize("name", options("schedule"))
def test_every_schedule_rises_in_a_straight_line_and_then_never_again(schedule, name, warmup):
    shares = [schedule(name, warmup)(step) for step in range(1, 121)]
    assert shares[:warmup] == pytest.approx([t / warmup for t in range(1, warmup + 1)])
    after = shares[max(0, warmup - 1) :]
    assert after == sorted(after, reverse=True) and after[-1] >= 0 and after[0] <= 1


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
