"""An interrupted run continues, and ends with the same numbers."""

import json
import os
import signal
from contextlib import contextmanager
from dataclasses import replace
from threading import Timer

import pytest
import torch
from filelock import FileLock

from bam.experiment.one_run.tracking import tracking
from bam.run.files import write_json
from bam.run.state import Unfinished, state
from bam.system.checksums import verify_folder
from bam.training.update import Update
from tests.damage import DAMAGES, cut_in_half
from tests.experiment.planted import PLANTED, numbers, process, results, until

EVERY = 25  # steps to a validation, which is in the middle of an epoch of 16 steps
RUN = (*PLANTED, f"trainer.max_steps={4 * EVERY}", f"trainer.validate_every={EVERY}",
       "selection=l", "hydra.run.dir=run")  # fmt: skip


@pytest.fixture
def interrupted(start, tmp_path, monkeypatch):
    """Start a run and interrupt it at its nth validation, before or after this is written."""

    def run(nth, before, *overrides):
        records = []

        @contextmanager
        def interrupting(*arguments):
            with tracking(*arguments) as track:

                def validation(record):
                    records.append(record)
                    if len(records) < nth or not before:
                        track.validation(record)
                    if len(records) == nth:
                        raise KeyboardInterrupt

                yield replace(track, validation=validation)

        with monkeypatch.context() as patch:
            patch.setattr("bam.experiment.one_run.train.tracking", interrupting)
            with pytest.raises(KeyboardInterrupt):
                start("train.py", *overrides)

    return run


OPTIMISED = ("schedule=cosine", "schedule.warmup_steps=40", "averaging=ema",
             "trainer.clip_norm=0.5")  # fmt: skip
# terms that draw, that have weights, and that read prototypes; an infinite option
TERMS = ("backbone=global_interests", "aggregation=logsumexp", "aggregation.sharpness=inf",
         "loss.multi_interest.sharpness=inf", "averaging=ema",
         "regularisation=[re_contrast,re_construct,usage,view_contrast,independence]")  # fmt: skip


@pytest.mark.parametrize(
    ("nth", "before", "options"),
    [
        (1, True, ()),
        (2, False, ()),
        (3, True, ()),
        (3, True, ("group_by_length=7",)),
        (2, False, (*OPTIMISED, "optimizer=adamw")),
        (3, True, (*OPTIMISED, "optimizer=lazy_adam")),
        (2, False, TERMS),
    ],
)
def test_an_interrupted_run_ends_with_the_numbers_of_an_undisturbed_one(
    start, interrupted, tmp_path, nth, before, options
):
    run = (*RUN, *options)
    start("train.py", *run, "hydra.run.dir=whole")
    interrupted(nth, before, *run)
    assert not (tmp_path / "run" / "results.json").exists()
    start("train.py", *run)
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {path.name for path in (tmp_path / "whole").iterdir()}
    log = (tmp_path / "run" / "train.log").read_text()
    assert (f"continues at step {EVERY * (nth - 1)}" in log) == (nth > 1)


@pytest.mark.processes
def test_a_run_killed_at_any_moment_ends_with_the_same_numbers(start, tmp_path):
    start("train.py", *RUN, "hydra.run.dir=whole")
    for lines in (0, 2):
        killed = process(tmp_path, "train.py", *RUN)
        metrics = tmp_path / "run" / ("metrics.jsonl" if lines else "config.yaml")
        until(lambda m=metrics, n=lines: m.exists() and m.read_text().count("\n") >= n)
        os.kill(killed.pid, signal.SIGKILL)
        assert killed.wait() == -signal.SIGKILL
    start("train.py", *RUN)
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")


@pytest.mark.parametrize("damage", DAMAGES[:2])
def test_a_run_whose_state_is_damaged_continues_from_the_state_before_it(
    start, interrupted, tmp_path, damage
):
    start("train.py", *RUN, "hydra.run.dir=whole")
    interrupted(4, True, *RUN)
    damage(tmp_path / "run" / "resume.pt")
    start("train.py", *RUN)
    assert f"continues at step {2 * EVERY}" in (tmp_path / "run" / "train.log").read_text()
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")
    verify_folder(tmp_path / "run", "")


def test_weights_that_are_damaged_are_found_before_training_continues(start, interrupted, tmp_path):
    still = (*RUN, "optimizer.lr=1e-12")  # its first validation is the best
    interrupted(3, True, *still)
    cut_in_half(tmp_path / "run" / "weights.safetensors")
    with pytest.raises(SystemExit, match=r"weights\.safetensors: damaged"):
        start("train.py", *still)


def test_an_unfinished_run_of_another_config_is_refused(start, interrupted):
    interrupted(2, False, *RUN)
    with pytest.raises(SystemExit, match="already holds another run"):
        start("train.py", *RUN, "dim=8")


@pytest.mark.parametrize(
    ("accepted", "began"), [("false", "from the beginning"), ("true", "continues")]
)
def test_a_checkpoint_of_other_code_is_used_only_where_that_is_accepted(
    start, interrupted, tmp_path, monkeypatch, accepted, began
):
    interrupted(2, False, *RUN)
    monkeypatch.setattr("bam.run.identity.source_hash", lambda: "other")
    start("train.py", *RUN, f"any_code={accepted}")
    assert began in (tmp_path / "run" / "train.log").read_text()
    codes = results(tmp_path / "run")["code"].split("+")
    assert codes[-1] == "other" and len(codes) == 1 + (accepted == "true")
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [EVERY, 2 * EVERY, 3 * EVERY, 4 * EVERY]


def test_a_claimed_folder_without_a_config_is_used(start, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").touch()
    (tmp_path / "run" / "config.yaml.partial").write_text("name:")
    start("train.py", *PLANTED, "trainer.max_steps=1", "hydra.run.dir=run")
    assert results(tmp_path / "run")["steps"] == 1


def test_a_state_is_also_saved_between_validations_where_that_is_chosen(
    start, tmp_path, monkeypatch
):
    start("train.py", *RUN, "hydra.run.dir=whole")

    def killed(self, loss, number, move=Update.__call__):
        if number == 2 * EVERY - 1:
            raise SystemError("as if the program was killed")
        move(self, loss, number)

    with monkeypatch.context() as patch, pytest.raises(SystemError):
        patch.setattr("bam.training.update.Update.__call__", killed)
        start("train.py", *RUN, "save_every=10")
    start("train.py", *RUN, "save_every=10")
    ours, whole = (numbers(tmp_path / name)[1:] for name in ("run", "whole"))  # without overrides
    assert ours == whole
    assert results(tmp_path / "run")["started_at"] == [0, 2 * EVERY - 10]
    log = (tmp_path / "run" / "train.log").read_text()
    assert "has been validated" not in log  # what is validated between two validations is warned of


TORCHRUN_RESTARTS = ("TORCHELASTIC_MAX_RESTARTS", "3")
TINY = (*PLANTED, "trainer.max_steps=1", "hydra.run.dir=run", "timeout=60")


def test_where_torchrun_restarts_a_folder_that_a_lost_host_still_holds_is_waited_for(
    start, tmp_path, monkeypatch
):
    (tmp_path / "run").mkdir()
    monkeypatch.setenv(*TORCHRUN_RESTARTS)
    lock = FileLock(tmp_path / "run" / ".lock", thread_local=False)
    lock.acquire()
    Timer(1, lock.release).start()
    start("train.py", *TINY)
    assert results(tmp_path / "run")["steps"] == 1


def test_where_torchrun_restarts_a_run_that_was_just_finished_is_no_error(
    start, tmp_path, monkeypatch
):
    start("train.py", *TINY)
    monkeypatch.setenv(*TORCHRUN_RESTARTS)
    start("train.py", *TINY)
    monkeypatch.delenv(TORCHRUN_RESTARTS[0])
    with pytest.raises(SystemExit, match="already holds a finished run"):
        start("train.py", *TINY)


def test_a_run_whose_other_process_is_lost_is_interrupted_and_has_not_failed(
    start, tmp_path, monkeypatch
):
    def lost(*arguments):
        raise RuntimeError("[/third_party/gloo/gloo/transport/tcp/pair.cc:534] Timed out")

    with monkeypatch.context() as patch:
        patch.setattr("bam.experiment.one_run.train.fit", lost)
        with pytest.raises(SystemExit, match="another process of torchrun has ended, or did not"):
            start("train.py", *TINY)
    assert state(tmp_path / "run") == Unfinished()
    start("train.py", *TINY)


def test_two_processes_never_run_one_folder(start, tmp_path):
    (tmp_path / "run").mkdir()
    with (
        FileLock(tmp_path / "run" / ".lock"),
        pytest.raises(SystemExit, match="in use by another process"),
    ):
        start("train.py", *PLANTED, "hydra.run.dir=run")


def test_a_folder_with_other_files_is_refused(start, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").touch()
    with pytest.raises(SystemExit, match="already holds files"):
        start("train.py", *PLANTED, "hydra.run.dir=run")


def test_a_continued_run_keeps_the_thread_counts_of_its_first_step(
    start, interrupted, tmp_path, monkeypatch
):
    run = [option for option in RUN if option != "threads=1"]
    torch.set_num_threads(2)
    monkeypatch.setattr("bam.experiment.one_run.steps.interchangeable", lambda *_: [1])
    interrupted(2, False, *run)
    monkeypatch.setattr("bam.experiment.one_run.steps.interchangeable", lambda *_: [2])
    start("train.py", *run)
    torch.set_num_threads(1)
    assert results(tmp_path / "run")["thread_counts"] == [1]


def test_what_a_kill_has_left_is_deleted_by_the_same_command(start, tmp_path):
    command = ("train.py", "-m", *PLANTED, "trainer.max_steps=1", "hydra.sweep.dir=sweep")
    start(*command)
    (run,) = (path.parent for path in tmp_path.glob("sweep/*/results.json"))
    names = {path.name for path in run.iterdir()}
    for name in ("resume.pt", ".lock", "weights.safetensors.partial", "results.json.partial"):
        (run / name).touch()
    start(*command)
    assert {path.name for path in run.iterdir()} == names
    assert not list(tmp_path.glob("data/**/.*.lock"))


SHORT = (*PLANTED, "trainer.validate_every=20", "hydra.run.dir=run")


def with_steps(steps, *options):
    return (*SHORT, f"trainer.max_steps={steps}", *options)


def final_weights(folder):
    return torch.load(folder / "final.pt", weights_only=True)["step"]


@pytest.mark.parametrize(
    "options",
    [
        ("selection=l",),
        ("group_by_length=7", "averaging=ema", "optimizer=lazy_adam", "schedule.warmup_steps=50"),
    ],
)
def test_a_finished_run_with_more_steps_ends_as_a_run_without_a_break(start, tmp_path, options):
    start("train.py", *with_steps(60, *options), "hydra.run.dir=whole")
    for steps in (20, 40, 60):
        start("train.py", *with_steps(steps, *options))
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {path.name for path in (tmp_path / "whole").iterdir()}


def test_a_break_between_two_validations_changes_no_step_and_is_warned_of(start, tmp_path):
    start("train.py", *with_steps(50), "hydra.run.dir=whole")
    for steps in (0, 30, 50):
        start("train.py", *with_steps(steps))
    ours, whole = (final_weights(tmp_path / name) for name in ("run", "whole"))
    assert all(torch.equal(ours[name], whole[name]) for name in whole)
    log = (tmp_path / "run" / "train.log").read_text()
    assert "step 0 has been validated" in log and "step 30 has been validated" in log


def test_more_steps_after_a_kill_between_old_results_and_new_config(start, tmp_path):
    start("train.py", *with_steps(20))
    (tmp_path / "run" / "results.json").unlink()
    start("train.py", *with_steps(40))
    assert results(tmp_path / "run")["steps"] == 40
    assert "continues at step 20" in (tmp_path / "run" / "train.log").read_text()


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (("schedule=cosine",), (), "trainer.max_steps must stay 20 .* schedule.max_steps depends"),
        (("selection=p_annealed",), (), r"trainer.max_steps must stay 20 .* depends on it"),
        ((), ("dim=8",), "already holds a finished run"),
        ((), ("trainer.max_steps=10",), "already holds a finished run"),
    ],
)
def test_steps_that_would_be_others_are_refused(start, tmp_path, first, second, sentence):
    start("train.py", *with_steps(20, *first))
    found = results(tmp_path / "run")
    with pytest.raises(SystemExit, match=sentence):
        start("train.py", *with_steps(40, *first, *second))
    assert results(tmp_path / "run") == found


def test_more_steps_by_other_code_are_refused(start, tmp_path, monkeypatch):
    start("train.py", *with_steps(20))
    monkeypatch.setattr("bam.run.identity.source_hash", lambda: "other")
    with pytest.raises(SystemExit, match="was finished by other code"):
        start("train.py", *with_steps(40))


def test_a_run_killed_before_its_best_weights_are_written_has_those_of_its_state(
    start, tmp_path, monkeypatch
):
    start("train.py", *with_steps(40), "hydra.run.dir=whole")

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("bam.experiment.one_run.fit.checkpoint.save_shared", killed)
        start("train.py", *with_steps(40))  # the first validation is the best until then
    assert not (tmp_path / "run" / "weights.safetensors").exists()
    start("train.py", *with_steps(40))
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")


def test_a_point_killed_before_its_results_are_written_takes_no_step_again(
    start, tmp_path, monkeypatch
):
    point = ("-m", *with_steps(20), "hydra.sweep.dir=sweep", "seed=1")

    def killed(path, content):
        if path.name == "results.json":
            raise KeyboardInterrupt
        write_json(path, content)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("bam.experiment.one_run.train.write_json", killed)
        start("train.py", *point)
    (log,) = tmp_path.glob("sweep/*/train.log")
    start("train.py", *point)
    assert "continues at step 20" in log.read_text()


def test_a_point_of_a_sweep_keeps_no_state(start, tmp_path):
    start("train.py", "-m", *with_steps(20), "hydra.sweep.dir=sweep", "seed=1")
    assert not list(tmp_path.glob("sweep/*/*.pt"))
