"""Ctrl-C and SIGTERM stop a program where nothing is lost, and the same command goes on."""

import signal

import pytest

from bam.experiment.fit import validate
from bam.training.update import Update
from tests.experiment.planted import PLANTED, numbers

RUN = (*PLANTED, "trainer.max_steps=40", "trainer.validate_every=20", "trainer.log_every=7",
       "trainer.clip_norm=0.5", "selection=p_annealed", "group_by_length=3",
       "averaging=ema", "schedule=cosine")  # fmt: skip


@pytest.fixture
def stopped(start, monkeypatch, capsys):
    """Run a program that a signal reaches where a hook sends it; returns its last line."""

    def run(number, name, hook, script, *overrides):
        with monkeypatch.context() as patch:
            patch.setattr(name, hook)
            with pytest.raises(SystemExit) as ended:
                start(script, *overrides)
        assert ended.value.code == 128 + number
        return capsys.readouterr().err.splitlines()[-1]

    return run


def at_step(step, number):
    """A step of the optimizer during which a signal arrives."""

    def take(self, loss, taken, move=Update.__call__):
        if taken == step:
            signal.raise_signal(number)
        move(self, loss, taken)

    return take


def in_validation(parts):
    signal.raise_signal(signal.SIGTERM)
    return validate(parts)


STEP, VALIDATION = "bam.training.update.Update.__call__", "bam.experiment.fit.validate"


@pytest.mark.parametrize(
    "options",
    [
        ("optimizer=lazy_adam",),
        pytest.param(
            ("backbone=gru4rec", "sampling=all_positions", "optimizer=adamw", "num_interests=1"),
            marks=pytest.mark.processes,
        ),
    ],
)
def test_a_run_stopped_at_any_step_ends_with_the_numbers_of_an_undisturbed_one(
    start, stopped, tmp_path, options
):
    run = (*RUN, *options)
    start("train.py", *run, "hydra.run.dir=whole")
    run = (*run, "hydra.run.dir=run")
    for step, number in ((1, signal.SIGINT), (20, signal.SIGTERM), (33, signal.SIGINT)):
        last = stopped(number, STEP, at_step(step, number), "train.py", *run)
        name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
        assert last.startswith(f"stopped by {name}: step {step} is kept in ")
    last = stopped(signal.SIGTERM, VALIDATION, in_validation, "train.py", *run)
    assert "step 40 is kept" in last
    start("train.py", *run)
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {path.name for path in (tmp_path / "whole").iterdir()}
