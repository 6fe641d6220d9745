"""refit=true: the number of steps that validation chose, again on train + validation."""

import json
import os
import runpy
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import pytest
import torch
import yaml
from safetensors.torch import load_file

import bam
from bam.experiment.one_run.tracking import tracking
from bam.run.identity import fingerprint
from bam.training.state import Training
from bam.training.update import Update
from tests.conftest import ROOT
from tests.experiment.planted import PLANTED, numbers, process, results, rows, until
from tests.experiment.test_parallel import OPTIONS, TORCHRUN
from tests.experiment.test_parallel import run as run_program

RUN = (*PLANTED, "trainer.max_steps=60", "trainer.validate_every=20", "trainer.log_every=7",
       "selection=p_annealed", "group_by_length=3", "averaging=ema", "schedule=cosine",
       "schedule.warmup_steps=15", "trainer.clip_norm=0.5",
       "optimizer=lazy_adam")  # fmt: skip
# The second of three validations is the best, by 5 of 1000 users. With a rate of learning of 1
# weights are thrown about, and which validation is the best differs between processors.
PEAK = ("optimizer.lr=0.02", "trainer.metric=recall@20")


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing has broken, in its folder; and the same without refit."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, option in (("again", "refit=true"), ("once", "refit=false")):
            patch.setattr(sys, "argv", ["train.py", *RUN, *PEAK, option, f"hydra.run.dir={name}"])
            runpy.run_path(str(ROOT / "scripts" / "train.py"), run_name="__main__")
    return folder / "again", folder / "once"


def test_of_equal_data_the_second_training_makes_the_weights_that_validation_chose(
    start, tmp_path, monkeypatch
):
    monkeypatch.setattr("bam.experiment.parts.assemble.with_validation", lambda split: split)
    for name, option in (("once", "refit=false"), ("again", "refit=true")):
        start("train.py", *RUN, *PEAK, option, f"hydra.run.dir={name}")
    once, again = (results(tmp_path / name) for name in ("once", "again"))
    assert 0 < again["best_step"] < again["steps"]
    files = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("once", "again")]
    assert files[0] == files[1] and once["test"] == again["test"]


def test_the_first_training_is_that_of_a_run_without_refit(whole):
    (ours, lines, weights), (theirs, same, others) = map(numbers, whole)
    assert lines == same and weights != others
    for key in ("valid", "steps", "best_step"):
        assert ours[key] == theirs[key]
    assert ours["test"] != theirs["test"] and ours["refit"] is True and "refit" not in theirs
    assert ours["fingerprint"] != theirs["fingerprint"]
    cost = results(whole[0])
    assert 0 < cost["refit_seconds"] < cost["train_seconds"]
    assert names(whole[0]) == names(whole[1])


def test_each_line_says_which_of_the_trainings_runs(whole):
    log = (whole[0] / "train.log").read_text().splitlines()
    first, second = ([line for line in log if f": {n} of 2, " in line] for n in (1, 2))
    best = results(whole[0])["best_step"]
    assert [line.partition("step ")[2].partition(":")[0] for line in first] == ["20", "40", "60"]
    assert f"trains {best} steps on train + validation" in second[0]
    assert f"step {best} of {best}: loss" in second[-1] and len(second) == 1 + best // 20


def test_trackers_get_the_losses_of_the_first_training_alone(start, monkeypatch):
    found = []

    @contextmanager
    def noting(*arguments):
        with tracking(*arguments) as track:
            yield replace(track, loss=lambda step, loss: found.append((step, loss)))

    monkeypatch.setattr("bam.experiment.one_run.train.tracking", noting)
    options = (*PLANTED, "trainer.max_steps=30", "trainer.log_every=10")
    start("train.py", *options, "hydra.run.dir=once")
    once = found.copy()
    found.clear()
    start("train.py", *options, "refit=true", "hydra.run.dir=again")
    assert [step for step, _ in once] == [10, 20, 30] and found == once


def at(number, act):
    """A step of the optimizer, of all that the program takes, before which something happens."""
    steps = count(1)

    def take(self, loss, taken, move=Update.__call__):
        if next(steps) == number:
            act()
        move(self, loss, taken)

    return take


def killed(*arguments):
    raise SystemError("as if the program was killed")


def interrupt():
    signal.raise_signal(signal.SIGINT)


def test_a_run_stopped_or_killed_in_either_training_ends_with_the_same_numbers(
    start, whole, tmp_path, monkeypatch
):
    run = (*RUN, *PEAK, "refit=true", "hydra.run.dir=run")
    step, save, name = "bam.training.update.Update.__call__", Training.save, "Training.save"

    def broken(kind, *patches):
        with monkeypatch.context() as patch, pytest.raises(kind) as ended:
            for place, act in patches:
                patch.setattr(place, act)
            start("train.py", *run)
        return ended.value

    assert broken(SystemExit, (step, at(30, interrupt))).code == 130  # in the first training
    broken(SystemError, (step, at(33, killed)))  # 30 to go, and 3 of the second
    assert broken(SystemExit, (step, at(5, interrupt))).code == 130
    assert (tmp_path / "run" / "refit" / "resume.pt").exists()
    best = results(whole[0])["best_step"]

    def last(self, progress, draws, path):
        save(self, progress, draws, path)
        if progress.step == best:
            killed()

    broken(SystemError, (f"bam.training.state.{name}", last))
    broken(
        SystemError, ("bam.experiment.one_run.train.measure", killed)
    )  # the weights are the second's
    with monkeypatch.context() as patch:
        patch.setattr(step, killed)  # no step is left
        start("train.py", *run)
    assert numbers(tmp_path / "run") == numbers(whole[0])
    assert names(tmp_path / "run") == names(whole[0])


@pytest.mark.processes
def test_a_run_killed_in_the_second_training_ends_with_the_same_numbers(start, tmp_path):
    run = (*RUN, "refit=true", "trainer.validate_every=10")
    start("train.py", *run, "hydra.run.dir=whole")
    for state in ("resume.pt", "resume.previous.pt"):
        program = process(tmp_path, "train.py", *run, "hydra.run.dir=run")
        until((tmp_path / "run" / "refit" / state).exists)
        os.kill(program.pid, signal.SIGKILL)
        assert program.wait() == -signal.SIGKILL
    start("train.py", *run, "hydra.run.dir=run")
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")


@pytest.mark.processes
@pytest.mark.parametrize("options", [(), ("shard_table=true", "optimizer=lazy_adam")])
def test_two_processes_train_again_and_go_on_where_they_were_killed(tmp_path, options):
    train = (*TORCHRUN, str(ROOT / "scripts" / "train.py"), *OPTIONS, "refit=true", *options,
             "trainer.validate_every=50")  # fmt: skip
    run_program(tmp_path, *train, "name=whole")
    with subprocess.Popen(
        [sys.executable, *train, "name=run"], cwd=tmp_path, start_new_session=True
    ) as program:
        until((tmp_path / "outputs" / "run" / "refit" / "resume.pt").exists)
        os.killpg(program.pid, signal.SIGKILL)
    run_program(tmp_path, *train, "name=run")
    whole, ours = (tmp_path / "outputs" / name for name in ("whole", "run"))
    assert numbers(ours)[1:] == numbers(whole)[1:] and names(ours) == names(whole)
    assert results(ours)["test"] == results(whole)["test"]
    found = json.loads(run_program(tmp_path, str(ROOT / "scripts" / "evaluate.py"), f"run={ours}"))
    assert results(ours)["refit"] and found["test"] == pytest.approx(results(ours)["test"])


def test_a_finished_run_with_more_steps_is_that_of_a_run_without_a_break(start, tmp_path):
    run = (*PLANTED, "trainer.validate_every=20", "refit=true")
    start("train.py", *run, "trainer.max_steps=60", "hydra.run.dir=whole")
    for steps in (20, 60):
        start("train.py", *run, f"trainer.max_steps={steps}", "hydra.run.dir=run")
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")


def test_states_of_an_earlier_choice_are_not_continued(start, tmp_path, monkeypatch):
    run = (*PLANTED, "trainer.validate_every=20", "refit=true", "trainer.max_steps=40")
    start("train.py", *run, "hydra.run.dir=whole")
    with monkeypatch.context() as patch, pytest.raises(SystemError):
        patch.setattr("bam.training.update.Update.__call__", at(30, killed))
        start("train.py", *run, "hydra.run.dir=run")
    (tmp_path / "run" / "refit").mkdir()
    (tmp_path / "run" / "refit" / "resume.pt").write_text("of another choice")
    start("train.py", *run, "hydra.run.dir=run")
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")


def test_a_loss_that_is_not_finite_in_the_second_training_leaves_the_chosen_weights(
    start, tmp_path, monkeypatch
):
    steps = count(1)

    def take(self, loss, taken, move=Update.__call__):
        move(self, loss, taken)
        if next(steps) == 25:
            with torch.no_grad():
                self.weights[0].fill_(float("nan"))

    monkeypatch.setattr("bam.training.update.Update.__call__", take)
    run = (*PLANTED, "trainer.max_steps=20", "trainer.log_every=1", "refit=true")
    with pytest.raises(SystemExit, match="the weights of step 20, the best so far, are kept"):
        start("train.py", *run, "hydra.run.dir=run")
    assert results(tmp_path / "run")["status"] == "failed"
    kept = load_file(tmp_path / "run" / "weights.safetensors")
    assert all(weight.isfinite().all() for weight in kept.values())


def test_finished_points_of_a_sweep_are_not_run_again(start, tmp_path, monkeypatch):
    sweep = ("train.py", "-m", *PLANTED, "trainer.max_steps=20", "refit=false,true",
             "hydra.sweep.dir=sweep")  # fmt: skip
    first = start(*sweep)
    assert "refit=true (1 of 2 rows)" in " ".join(first.split())
    found = rows(tmp_path / "sweep")
    assert sorted(found["refit"]) == [False, True]
    monkeypatch.setattr("bam.experiment.one_run.train.fit", killed)
    start(*sweep)
    assert rows(tmp_path / "sweep").equals(found)


def test_what_is_asked_of_the_run_has_the_weights_of_the_second_training(whole, monkeypatch):
    folder = whole[0]
    monkeypatch.chdir(folder.parent)
    assert bam.evaluate(folder)["test"] == results(folder)["test"]
    run = bam.load(folder)
    for name, weight in load_file(folder / "weights.safetensors").items():
        if name.startswith("model."):
            assert torch.equal(run.model.state_dict()[name.removeprefix("model.")], weight)
    with pytest.raises(bam.Mistake, match="part must be test with refit=true"):
        bam.evaluate(folder, "part=valid")


def test_counts_are_of_train_and_validation_and_of_no_test_target(start, tmp_path):
    """Each user validates with an item, and tests with another one, that no other user has."""
    raw = "".join(f"{u} {i}\n" for u in range(1, 9) for i in (u, 9, 10, 10 + u, 18 + u))
    (tmp_path / "raw.txt").write_text(raw)
    options = ("dataset=file", "dataset.path=raw.txt", "device=cpu", "threads=1")
    for name, option in (("once", "false"), ("again", "true")):
        run = ("experiment=transitions", *options, "trainer.max_steps=0", f"refit={option}")
        start("train.py", *run, f"hydra.run.dir={name}")
    for name, validated in (("once", 0), ("again", 1)):
        run = bam.load(tmp_path / name)
        data, counts = run._parts.interactions, run._parts.facts.counts()
        ends = data.offsets[1:]
        valid, test = data.items[ends - 2].long(), data.items[ends - 1].long()
        assert (counts[valid] == validated).all() and (counts[test] == 0).all()
        popularity = run.model.state_dict()["items.weight"]
        assert torch.equal(popularity[:, 0].long(), counts)
        followers = set(run.memory.memory.item.tolist())
        assert followers >= set(valid.tolist()) if validated else not followers & {*valid.tolist()}
        assert not followers & set(test.tolist())


def test_a_run_that_knew_no_refit_is_opened_without_a_warning(start, tmp_path, caplog):
    start("train.py", *PLANTED, "trainer.max_steps=0", "hydra.run.dir=run")
    place, folder = tmp_path / "run" / "config.yaml", tmp_path / "run"
    config = {k: v for k, v in yaml.safe_load(place.read_text()).items() if k != "refit"}
    place.write_text(yaml.safe_dump({**config, "format": 4}))
    del config["format"]
    found = {**results(folder), "fingerprint": fingerprint(config)}
    (folder / "results.json").write_text(json.dumps(found))
    (folder / "SHA256SUMS").unlink()
    assert bam.evaluate(folder)["test"] == found["test"]
    assert "is not as it was when the run was trained" not in caplog.text
    place.write_text(yaml.safe_dump({**config, "format": 4, "dim": 8}))
    with pytest.raises(bam.Mistake):
        bam.evaluate(folder)
    assert "is not as it was when the run was trained" in caplog.text
