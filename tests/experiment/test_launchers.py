"""Points that run at the same time give the numbers of points that run one after the other."""

import json
import os
import signal
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from bam.errors import Mistake
from hydra_plugins.bam_local import LocalLauncher
from tests.conftest import options
from tests.experiment.planted import PLANTED, TOO_MANY, process, rows, until

SWEEP = ("-m", *PLANTED, "trainer.max_steps=200")
FAILING = (*SWEEP, "trainer.max_steps=40", "trainer.validate_every=20",
           f"num_negatives=64,{TOO_MANY},32")  # fmt: skip
EXTRAS = {"with_ray": "ray", "with_submitit": "hydra_plugins.hydra_submitit_launcher"}


def here(launcher):
    return pytest.param(launcher, marks=pytest.mark.processes)


def beyond(launcher):
    missing = find_spec(EXTRAS[launcher]) is None
    marks = [pytest.mark.cluster, pytest.mark.skipif(missing, reason="its extra is not installed")]
    return pytest.param(launcher, marks=marks)


@pytest.mark.parametrize("launcher", [here("local"), here("with_joblib"), beyond("with_ray"),
                                      beyond("with_submitit")])  # fmt: skip
def test_every_launcher_gives_the_table_of_the_serial_sweep(start, tmp_path, launcher):
    with pytest.raises(SystemExit, match="1 of 3 points"):
        start("train.py", *FAILING, "hydra.sweep.dir=serial")
    command = (*FAILING, "hydra.sweep.dir=sweep", f"hydra/launcher={launcher}")
    assert process(tmp_path, "train.py", *command).wait() == 1
    console = (tmp_path / "console.txt").read_text()
    assert "1 of 3 points are not finished" in console and "\r" not in console
    assert rows(tmp_path / "sweep").equals(rows(tmp_path / "serial"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("sweep/*/ranks.npy")}
    assert len(before) == 2
    assert process(tmp_path, "train.py", *command).wait() == 1
    assert before == {path: path.stat().st_mtime_ns for path in before}


@pytest.mark.processes
@pytest.mark.parametrize(
    "launcher",
    [
        ("hydra/launcher=local", "hydra.launcher.jobs=1000"),
        ("hydra/launcher=with_joblib", "hydra.launcher.n_jobs=2"),
    ],
)
def test_jobs_at_the_same_time_share_the_cores(tmp_path, launcher):
    command = (*SWEEP, "threads=0", "trainer.max_steps=1", "selection.tau=1,2", *launcher)
    assert process(tmp_path, "train.py", *command, "hydra.sweep.dir=sweep").wait() == 0
    found = [json.loads(p.read_text()) for p in tmp_path.glob("sweep/*/environment.json")]
    threads = max(1, len(os.sched_getaffinity(0)) // 2)
    assert [environment["threads"] for environment in found] == [threads, threads]


def holders(path):
    """The processes that have a file open."""
    found = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if link.readlink() == path:
                found.add(int(link.parts[2]))
    return found


@pytest.mark.processes
def test_a_job_that_dies_takes_no_other_with_it_and_ends_with_its_program(tmp_path):
    command = (*SWEEP, "hydra.sweep.dir=sweep", "selection.tau=1,2", "hydra/launcher=local",
               "hydra.launcher.jobs=1")  # fmt: skip
    running = process(tmp_path, "train.py", *command)
    until(lambda: any(tmp_path.glob("sweep/*/metrics.jsonl")))
    (first,) = tmp_path.glob("sweep/*/.lock")
    (worker,) = holders(first)
    os.kill(worker, signal.SIGKILL)
    assert running.wait() == 1
    assert "1 of 2 points are not finished" in (tmp_path / "console.txt").read_text()
    again = process(tmp_path, "train.py", *command)
    until(lambda: holders(first))
    again.kill()
    again.wait()
    until(lambda: not holders(first), seconds=10)
    assert process(tmp_path, "train.py", *command).wait() == 0


@pytest.mark.processes
def test_where_processes_cannot_be_copied_each_begins_anew(start, tmp_path, monkeypatch):
    monkeypatch.setattr("hydra_plugins.bam_local.get_all_start_methods", lambda: ["spawn"])
    short = ("trainer.max_steps=2", "selection.tau=1,2", "hydra/launcher=local")
    start("train.py", *SWEEP, *short, "hydra.sweep.dir=sweep")
    assert rows(tmp_path / "sweep").height == 2


def test_gpus_are_dealt_one_a_job_before_any_is_shared():
    assert LocalLauncher(jobs=3, jobs_per_gpu=2, gpus=["0", "2"])._places() == ["0", "2", "0"]
    assert len(LocalLauncher(jobs=9, jobs_per_gpu=2, gpus=["0", "2"])._places()) == 4
    assert len(LocalLauncher(jobs=9, jobs_per_gpu=2, gpus=[])._places()) == 9


def test_without_gpus_none_is_visible(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert LocalLauncher(jobs=2, jobs_per_gpu=1, gpus=[])._places() == ["", ""]


def test_one_gpu_is_a_list_too():
    with pytest.raises(Mistake, match=r"hydra.launcher.gpus must be null or a list, .*, got 0"):
        LocalLauncher(jobs=1, jobs_per_gpu=1, gpus=0)


def test_a_launcher_whose_extra_is_missing_says_which(start, monkeypatch):
    monkeypatch.setattr("bam.experiment.sweep.callback.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"pip install 'bam-rec\[submitit\]'"):
        start("train.py", *SWEEP, "hydra/launcher=with_slurm")


@pytest.mark.parametrize("launcher", options("hydra/launcher"))
def test_every_launcher_composes(configured, launcher):
    configured(f"hydra/launcher={launcher}")
