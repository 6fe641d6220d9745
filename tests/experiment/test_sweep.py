"""A sweep loses nothing: finished points stay, others go on, failures are listed."""

import random
import signal
import time

import pytest
from filelock import FileLock

from tests.experiment.planted import PLANTED, TOO_MANY, process, results, rows, until

SWEEP = ("-m", *PLANTED, "trainer.max_steps=200", "hydra.sweep.dir=sweep")


def folders(sweep):
    return sorted(path.parent for path in sweep.glob("*/config.yaml"))


def test_the_same_command_again_leaves_finished_points_alone(start, tmp_path):
    command = ("-m", *PLANTED, "trainer.max_steps=20", "seed=0,1")
    start("train.py", *command)
    (sweep,) = (tmp_path / "outputs" / "sweeps").iterdir()
    times = {path: path.stat().st_mtime_ns for path in sweep.glob("*/*")}
    table = (sweep / "results.csv").read_text()
    start("train.py", *command)
    assert times == {path: path.stat().st_mtime_ns for path in sweep.glob("*/*")}
    assert (sweep / "results.csv").read_text() == table and len(folders(sweep)) == 2


def test_a_point_of_other_code_is_refused_unless_that_is_accepted(start, tmp_path, monkeypatch):
    start("train.py", *SWEEP, "trainer.max_steps=20", "seed=0,1")
    monkeypatch.setattr("bam.run.identity.source_hash", lambda: "other")
    with pytest.raises(SystemExit, match="was finished by other code; delete it"):
        start("train.py", *SWEEP, "trainer.max_steps=20", "seed=0,1")
    start("train.py", *SWEEP, "trainer.max_steps=20", "seed=0,1", "any_code=true")
    assert len(folders(tmp_path / "sweep")) == 2


def test_a_failing_point_stops_no_other_and_is_tried_again(start, tmp_path):
    with pytest.raises(SystemExit) as ended:
        start("train.py", *SWEEP, "trainer.max_steps=20", f"num_negatives=64,{TOO_MANY},32")
    assert "1 of 3 points are not finished" in str(ended.value)
    assert "Mistake: num_negatives, dim or batch_size must be smaller" in str(ended.value)
    found = {results(f)["overrides"]["num_negatives"]: f for f in folders(tmp_path / "sweep")}
    assert [results(found[number])["status"] for number in ("64", TOO_MANY, "32")] == [
        "finished", "failed", "finished"]  # fmt: skip
    assert "Traceback" in (found[TOO_MANY] / "train.log").read_text()
    table = rows(tmp_path / "sweep")
    assert len(table) == 3 and table["recall@10"].null_count() == 1
    before = (found[TOO_MANY] / "train.log").read_text().count("Traceback")
    with pytest.raises(SystemExit, match="1 of 3"):
        start("train.py", *SWEEP, "trainer.max_steps=20", f"num_negatives=64,{TOO_MANY},32")
    assert (found[TOO_MANY] / "train.log").read_text().count("Traceback") == 2 * before


def test_a_point_that_another_process_runs_is_skipped_and_waited_for(start, tmp_path):
    start("train.py", *SWEEP, "trainer.max_steps=20", "seed=0,1")
    first = folders(tmp_path / "sweep")[0]
    (first / "results.json").unlink()
    other = FileLock(first / ".lock", thread_local=False)
    other.acquire()
    running = process(tmp_path, "train.py", *SWEEP, "trainer.max_steps=20", "seed=0,1")
    until(lambda: "its process will finish it" in (tmp_path / "console.txt").read_text())
    time.sleep(1)
    assert running.poll() is None  # it waits for the other's result
    other.release()
    assert running.wait() == 1 and "was interrupted" in (tmp_path / "console.txt").read_text()


def test_an_experiment_that_sweeps_needs_m(start):
    with pytest.raises(SystemExit, match="this experiment is a sweep; write -m"):
        start("train.py", "experiment=tau_linear_size")


def kill_and_resume(folder, kills, longest, *command):
    """Kill a sweep this many times at random moments, then run it to its end."""
    chance = random.Random(kills)
    for _ in range(kills):
        running = process(folder, "train.py", *command)
        time.sleep(chance.uniform(2, longest))
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert process(folder, "train.py", *command).wait() == 0


@pytest.mark.processes
def test_a_killed_sweep_ends_with_the_table_of_an_undisturbed_one(tmp_path):
    command = (*SWEEP, "seed=0,1,2", "data_dir=data")
    kill_and_resume(tmp_path, 2, 8, *command)
    assert process(tmp_path, "train.py", *command, "hydra.sweep.dir=whole").wait() == 0
    assert rows(tmp_path / "sweep").equals(rows(tmp_path / "whole"))
