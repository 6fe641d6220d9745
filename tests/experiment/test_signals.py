"""Ctrl-C and SIGTERM stop a program where nothing is lost, and the same command goes on."""

import runpy
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
import torch

from bam.data.dataset.build import once
from bam.experiment.one_run.fit import measure, validate
from bam.results.collect import summary_of
from bam.system import stop
from bam.training.update import Update
from tests.conftest import ROOT
from tests.experiment.planted import PLANTED, numbers, process, results, until

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


def before(act, number=signal.SIGINT):
    """The function, which a signal reaches first."""

    def interrupted(*arguments, **options):
        signal.raise_signal(number)
        return act(*arguments, **options)

    return interrupted


def killed(*arguments):
    raise SystemError("as if the program was killed")


STEP, VALIDATION = "bam.training.update.Update.__call__", "bam.experiment.one_run.fit.validate"


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
    start, stopped, tmp_path, monkeypatch, options
):
    run = (*RUN, *options)
    start("train.py", *run, "hydra.run.dir=whole")
    run = (*run, "hydra.run.dir=run")
    for step, number in ((1, signal.SIGINT), (20, signal.SIGTERM), (33, signal.SIGINT)):
        last = stopped(number, STEP, at_step(step, number), "train.py", *run)
        name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
        assert last.startswith(f"stopped by {name}: step {step} is kept in ")
    last = stopped(signal.SIGTERM, VALIDATION, before(validate, signal.SIGTERM), "train.py", *run)
    assert "step 40 is kept" in last
    with monkeypatch.context() as patch, pytest.raises(SystemError):
        patch.setattr("bam.training.state.Training.save", killed)  # its figures are written
        start("train.py", *run)
    start("train.py", *run)
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {path.name for path in (tmp_path / "whole").iterdir()}


GOES_ON = "stopped by Ctrl-C: what is finished is kept, and the same command goes on"


def test_a_test_a_collection_and_a_preparation_end_with_one_sentence_and_go_on(
    start, stopped, tmp_path
):
    prepare, run = (
        ("prepare.py", "dataset=planted"),
        ("train.py", *RUN, "hydra.run.dir=sweep/run"),
    )
    move, test = "bam.data.dataset.build.once._move", "bam.experiment.one_run.train.measure"
    assert stopped(2, move, before(once._move), *prepare) == GOES_ON
    assert not list(tmp_path.glob("data/**/manifest.json"))
    assert stopped(2, test, before(measure), *run) == GOES_ON
    start(*run)
    again = "bam.experiment.answers.evaluate.measure"
    assert stopped(2, again, before(measure), "evaluate.py", "run=sweep/run") == GOES_ON
    assert stopped(2, "bam.results.collect.summary_of", before(summary_of), "collect.py", "sweep")
    assert not (tmp_path / "sweep" / "results.md").exists()
    start("collect.py", "sweep")


def test_a_sweep_stops_at_the_point_it_is_at_and_goes_on_there(start, stopped, tmp_path):
    steps = count(1)

    def take(self, loss, number, move=Update.__call__):
        if next(steps) == 25:
            signal.raise_signal(signal.SIGTERM)
        move(self, loss, number)

    sweep = ("train.py", "-m", *PLANTED, "trainer.max_steps=20", "seed=1,2,3",
             "hydra.sweep.dir=sweep")  # fmt: skip
    assert "step 5 is kept in " in stopped(signal.SIGTERM, STEP, take, *sweep)
    assert len(list(tmp_path.glob("sweep/*/config.yaml"))) == 2
    assert len(list(tmp_path.glob("sweep/*/results.json"))) == 1
    start(*sweep)
    runs = [path.parent for path in tmp_path.glob("sweep/*/config.yaml")]
    assert [results(run)["status"] for run in runs] == 3 * ["finished"]
    assert not [path for path in tmp_path.glob("sweep/*/*") if path.name in ("resume.pt", ".lock")]


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").glob("*.py")), ids=lambda p: p.name)
def test_every_script_is_ready_for_a_signal_before_it_reads_its_libraries(
    monkeypatch, capsys, script
):
    library = f"bam.command.{script.stem}"

    class Slow:
        def find_spec(self, name, path=None, target=None):
            if name == library:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.delitem(sys.modules, library, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Slow(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(script), run_name="__main__")
    assert ended.value.code == 130 and capsys.readouterr().err == f"{GOES_ON}\n"


def test_a_second_signal_ends_the_process_at_once(monkeypatch):
    ended, arrived = [], []
    monkeypatch.setattr(stop.os, "_exit", ended.append)
    with stop.on_stop(arrived.append):
        for _ in range(2):  # a terminal and a launcher: it is the same one
            signal.raise_signal(signal.SIGINT)
        assert (arrived, ended) == ([signal.SIGINT], [])
        monkeypatch.setattr(stop, "SAME", 0)
        signal.raise_signal(signal.SIGTERM)
    assert (arrived, ended) == ([signal.SIGINT], [143])


def running(word):
    """The processes that have this word in their command, without zombies."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text, state = path.read_bytes(), path.with_name("stat").read_text().rpartition(")")[2]
        except OSError:
            continue
        if word.encode() in text and state.split()[0] != "Z":
            found.append(int(path.parts[2]))
    return found


LONG = (*PLANTED, "trainer.max_steps=1000000", "trainer.patience=1000000")


@pytest.mark.processes
def test_the_local_launcher_passes_the_signal_on_and_begins_no_other_point(tmp_path):
    sweep = ("-m", *LONG, "seed=1,2,3", "hydra/launcher=local", "hydra.sweep.dir=sweep")
    sent = process(tmp_path, "train.py", *sweep, "trainer.validate_every=500")
    until(lambda: len(list(tmp_path.glob("sweep/*/metrics.jsonl"))) == 2)
    sent.send_signal(signal.SIGTERM)
    assert sent.wait(20) == 143
    saved = [torch.load(path)["progress"] for path in tmp_path.glob("sweep/*/resume.pt")]
    assert len(saved) == len(list(tmp_path.glob("sweep/*/config.yaml"))) == 2
    assert any(progress["step"] % 500 for progress in saved)
    assert not list(tmp_path.glob("sweep/*/results.json"))
    console = (tmp_path / "console.txt").read_text()
    assert console.count("stopped by SIGTERM") == 1 and "Traceback" not in console


@pytest.mark.processes
def test_the_local_launcher_is_stopped_also_where_points_have_ended(tmp_path):
    """They do not wait any more for what would stop them."""
    short = ("-m", *PLANTED, "trainer.max_steps=1,1000000", "trainer.patience=1000000", "seed=1,2")
    options = ("hydra/launcher=local", "hydra.launcher.jobs=1", "hydra.sweep.dir=sweep")
    sent = process(tmp_path, "train.py", *short, *options, "trainer.validate_every=500")
    until(lambda: len(list(tmp_path.glob("sweep/*/results.json"))) == 2)
    until(lambda: len(list(tmp_path.glob("sweep/*/metrics.jsonl"))) == 3)
    sent.send_signal(signal.SIGTERM)
    assert sent.wait(20) == 143
    assert len(list(tmp_path.glob("sweep/*/config.yaml"))) == 3
    assert len(list(tmp_path.glob("sweep/*/resume.pt"))) == 1


@pytest.mark.processes
def test_processes_of_torchrun_stop_at_one_step_and_end_with_their_launcher(tmp_path):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2",
                "--standalone", str(ROOT / "scripts" / "train.py"), *PLANTED,
                "selection=l", "averaging=ema", "trainer.max_steps=600"]  # fmt: skip
    lines = tmp_path / "run" / "metrics.jsonl"

    def begin(name, number):
        """Start it, and send a signal after this number of validations."""
        with (tmp_path / "console.txt").open("a") as console:
            started = subprocess.Popen(
                [*torchrun, f"hydra.run.dir={tmp_path / name}"],
                cwd=tmp_path, stdout=console, stderr=console,
            )  # fmt: skip
        if number:
            before = len(lines.read_text().splitlines()) if lines.exists() else 0
            until(lambda: lines.exists() and lines.read_text().count("\n") > before)
            started.send_signal(number)
        return started.wait(60)

    assert begin("whole", 0) == 0
    begin("run", signal.SIGKILL)
    until(lambda: not running(str(tmp_path / "run")), seconds=10)
    begin("run", signal.SIGTERM)
    assert torch.load(tmp_path / "run" / "resume.pt")["progress"]["step"] % 10 == 0
    console = (tmp_path / "console.txt").read_text()
    assert console.count("stopped by SIGTERM: step ") == 1
    assert begin("run", 0) == 0
    assert numbers(tmp_path / "run") == numbers(tmp_path / "whole")
