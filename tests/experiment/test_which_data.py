"""The content of the data identifies a run: numbers of other data are never taken for its own."""

import json
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

import bam
from bam.errors import Mistake
from bam.evaluation import targets
from bam.experiment.parts.assemble import _check_same_data, _check_users
from bam.records import Spans, Split
from bam.run import checkpoint
from bam.system.processes import Processes
from bam.training.state import _read as read_state
from tests.experiment.planted import PLANTED, results, rows

OWN = [option for option in PLANTED if not option.startswith("dataset")]
MINE = (*OWN, "dataset=mine", "trainer.max_steps=0")
FILE = (*OWN, "dataset=file", "dataset.path=data/raw.txt", "trainer.max_steps=0")
OTHER = "is of other data: their checksum is"


def write(path, num_items, seed=1):
    """20 users with 8 items each, of this many items."""
    draw = random.Random(seed)
    path.parent.mkdir(exist_ok=True)
    lines = [f"{user} {draw.randint(1, num_items)}\n" for user in range(1, 21) for _ in range(8)]
    path.write_text("".join(lines))


@pytest.fixture
def mine(start, tmp_path):
    """Prepare the own data set `mine` anew, of this many items; returns its checksum."""

    def prepare(num_items, seed=1):
        shutil.rmtree(tmp_path / "data" / "mine", ignore_errors=True)
        write(tmp_path / "data" / "raw.txt", num_items, seed)
        start("prepare.py", "dataset=table", "dataset.raw=data/raw.txt", "dataset.name=mine",
              "dataset.header=false", "dataset.separator=' '",
              "dataset.columns={user: 0, item: 1}")  # fmt: skip
        return json.loads((tmp_path / "data" / "mine" / "manifest.json").read_text())["data"]

    return prepare


def refusal(start, *arguments):
    with pytest.raises(SystemExit) as stopped:
        start(*arguments)
    assert str(stopped.value).startswith("error: ") and "\n" not in str(stopped.value)
    return str(stopped.value)


def test_the_checksum_is_in_the_manifest_the_results_and_the_state_and_in_no_name(
    start, mine, tmp_path
):
    data = mine(40)
    start("train.py", *MINE, "hydra.run.dir=run")
    environment = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert results(tmp_path / "run")["data"] == environment["data"] == data
    start("train.py", *MINE)
    start("train.py", "-m", *MINE)
    assert not [path for path in tmp_path.rglob("*") if data[:8] in path.name]


def test_a_finished_run_of_other_data_is_refused_with_both_checksums(start, mine, tmp_path):
    first = mine(40)
    start("train.py", *MINE, "name=run")
    before = results(tmp_path / "outputs" / "run")
    second = mine(60)
    sentence = refusal(start, "train.py", *MINE, "name=run")
    assert OTHER in sentence and first in sentence and second in sentence
    assert results(tmp_path / "outputs" / "run") == before
    assert mine(40) == first
    assert "already holds a finished run" in refusal(start, "train.py", *MINE, "name=run")


def test_a_sweep_finds_no_point_of_other_data_finished_before(start, mine, capsys):
    first = mine(40)
    start("train.py", "-m", *MINE, "seed=1", "name=s")
    second = mine(60)
    for accepted in ("any_code=false", "any_code=true"):
        sentence = refusal(start, "train.py", "-m", *MINE, "seed=1", "name=s", accepted)
        assert OTHER in sentence and first in sentence and second in sentence
    mine(40)
    start("train.py", "-m", *MINE, "seed=1,2", "name=s")
    assert len(rows(Path("outputs/sweeps/s"))) == 2


def test_a_file_that_changes_is_other_data_even_at_the_same_size_and_time(start, tmp_path):
    raw = tmp_path / "data" / "raw.txt"
    write(raw, 40)
    before = raw.stat()
    start("train.py", "-m", *FILE, "seed=1", "name=s")
    first, second = raw.read_text().splitlines()[:2]
    assert first != second
    raw.write_text(raw.read_text().replace(f"{first}\n{second}\n", f"{second}\n{first}\n", 1))
    os.utime(raw, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert raw.stat().st_size == before.st_size
    assert OTHER in refusal(start, "train.py", "-m", *FILE, "seed=1", "name=s")


def test_a_copy_of_a_file_is_the_same_data(start, tmp_path):
    write(tmp_path / "data" / "raw.txt", 40)
    start("train.py", "-m", *FILE, "seed=1", "name=s")
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "copy" / "raw.txt").touch()
    start("train.py", "-m", *[option.replace("data/", "copy/") for option in FILE], "data_dir=copy",
          "seed=1", "name=s")  # fmt: skip
    assert len(list((tmp_path / "copy" / "files").glob("raw-*"))) == 1


def test_an_interrupted_run_does_not_continue_on_other_data(start, mine, tmp_path, monkeypatch):
    mine(40)
    run = (*MINE, "trainer.max_steps=40", "trainer.validate_every=20", "hydra.run.dir=run")
    start("train.py", *run, "hydra.run.dir=whole")
    saved, save = [], checkpoint.save_state

    def interrupting(state, path):
        save(state, path)
        saved.append(path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_state", interrupting)
        with pytest.raises(KeyboardInterrupt):
            start("train.py", *run)
    files = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    mine(60)
    assert OTHER in refusal(start, "train.py", *run)
    assert files == {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(Mistake, match=rf"run/resume\.pt {OTHER}"):  # the state has it, too
        read_state(tmp_path / "run" / "resume.pt", code="", any_code=True, data="another")
    mine(40)
    start("train.py", *run)
    assert results(tmp_path / "run")["test"] == results(tmp_path / "whole")["test"]


def test_data_that_change_between_two_points_make_two_rows(start, mine, tmp_path):
    checksums = []
    for seed, num_items in enumerate((40, 60)):
        checksums.append(mine(num_items))
        start("train.py", *MINE, f"seed={seed}", f"name=s{seed}")
    start("collect.py", "outputs")
    table = (tmp_path / "outputs" / "results.md").read_text()
    assert all(checksum in table for checksum in checksums) and "±" not in table.split("\n\n")[0]
    assert sorted(rows(Path("outputs"))["data"]) == sorted(checksums)


def test_evaluate_refuses_other_data_unless_they_are_named(start, mine):
    first = mine(15)
    start("train.py", *MINE, "name=run")
    tested = json.loads(start("evaluate.py", "run=outputs/run"))
    assert tested["data"] == first and "trained_on" not in tested
    shutil.copytree("data/mine", "kept/mine")
    second = mine(15, seed=2)  # as many items
    sentence = refusal(start, "evaluate.py", "run=outputs/run")
    assert OTHER in sentence and first in sentence and second in sentence
    again = json.loads(start("evaluate.py", "run=outputs/run", "data_dir=kept"))
    assert again["test"] == tested["test"]
    named = json.loads(start("evaluate.py", "run=outputs/run", "dataset=mine"))
    assert (named["data"], named["trained_on"]) == (second, first)


def test_the_data_of_a_run_are_found_by_their_checksum_under_any_name(start, mine, tmp_path):
    mine(40)
    start("train.py", *MINE, "name=run")
    tested = json.loads(start("evaluate.py", "run=outputs/run"))["test"]
    (tmp_path / "data" / "mine").rename(tmp_path / "data" / "yours")
    assert json.loads(start("evaluate.py", "run=outputs/run"))["test"] == tested


def test_a_run_without_a_checksum_is_accepted_and_never_averaged_with_others(start, mine, tmp_path):
    """Versions before 0.2 recorded none."""
    mine(40)
    start("train.py", "-m", *MINE, "seed=1,2", "name=s")
    old = min((tmp_path / "outputs" / "sweeps" / "s").glob("*/results.json")).parent
    for name in ("results.json", "environment.json"):
        known = json.loads((old / name).read_text())
        del known["data"]
        (old / name).write_text(json.dumps(known))
    (old / "SHA256SUMS").unlink()
    start("train.py", "-m", *MINE, "seed=1,2", "name=s")
    table = (tmp_path / "outputs" / "sweeps" / "s" / "results.md").read_text()
    assert "unknown" in table and "±" not in table.split("\n\n")[0]
    tested = json.loads(start("evaluate.py", f"run={old}"))
    assert tested["test"] == results(old)["test"] and "trained_on" not in tested


def test_another_config_is_refused_before_the_data_are_opened(start, mine, tmp_path):
    mine(40)
    start("train.py", *MINE, "hydra.run.dir=run")
    shutil.rmtree(tmp_path / "data" / "mine")
    assert "already holds a finished run" in refusal(
        start, "train.py", *MINE, "dim=8", "hydra.run.dir=run"
    )


@dataclass(frozen=True)
class Two(Processes):
    """Two processes, of which this is one."""

    other: str

    def gather(self, part):
        return [part, self.other]


def test_processes_with_different_data_are_refused():
    _check_same_data(Two(0, 2, "a"), "a")
    with pytest.raises(Mistake, match=r"same data for every process, got .*a, b"):
        _check_same_data(Two(0, 2, "b"), "a")


def test_one_option_of_a_part_leaves_the_part_of_the_run_as_it_was(start):
    start("train.py", *PLANTED, "evaluation=repeats", "trainer.max_steps=20", "hydra.run.dir=run")
    before = json.loads(start("evaluate.py", "run=run"))["test"]
    other = json.loads(start("evaluate.py", "run=run", "evaluation=clean"))["test"]
    small = "evaluation.users_per_block.cpu=64"
    assert json.loads(start("evaluate.py", "run=run", small))["test"] == before != other
    few = json.loads(start("evaluate.py", "run=run", "evaluation.cutoffs=[10]"))["test"]
    assert few["ndcg@10"] == before["ndcg@10"] and "ndcg@20" not in few
    left = json.loads(start("evaluate.py", "run=run", "~metric.mrr"))["test"]
    assert left == {name: value for name, value in before.items() if name != "mrr"} != before
    linear = ("memory=transitions", "blending=linear", "trainer.max_steps=0")
    start("train.py", *PLANTED, *linear, "hydra.run.dir=linear")
    sentence = refusal(start, "evaluate.py", "run=linear", "blending.strength=2")
    assert "blending.strength must be an option of the run's own blending, or blending=" in sentence


def test_repeated_targets_are_named_by_what_tests_and_by_nothing_else(start, mine, monkeypatch):
    named = []
    monkeypatch.setattr(targets.log, "warning", lambda *message: named.append(message))
    mine(10)
    counts = []
    for test in (
        lambda: start("train.py", *MINE, "hydra.run.dir=run"),
        lambda: start("evaluate.py", "run=run"),
        lambda: start("evaluate.py", "run=run", "evaluation=repeats"),
        lambda: bam.load("run").recommend(["1"]),
    ):
        test()
        counts.append(len(named))
    assert counts == [1, 2, 2, 2]


def test_no_process_is_without_a_user_to_rank():
    users = Spans(*(torch.arange(3) for _ in range(3)))
    split = Split(users, users, users)
    _check_users(Processes(0, 3), split)
    with pytest.raises(Mistake, match="at most as 3 users, who validate or test, got 4"):
        _check_users(Processes(0, 4), split)
