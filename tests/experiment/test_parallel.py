"""Two processes, started by torchrun as a user starts them."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch import distributed

from bam.errors import Mistake
from bam.experiment.parts.assemble import assemble
from bam.system.device import find_device
from bam.system.processes import join
from tests.conftest import ROOT

OPTIONS = ("dataset=planted", "device=cpu", "threads=1", "dim=16", "num_negatives=64",
           "batch_size=64", "optimizer.lr=0.01", "trainer.validate_every=100",
           "trainer.max_steps=200", "averaging=ema", "schedule=linear",
           "trainer.clip_norm=1")  # fmt: skip
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone")  # a free port

# by one worker of pytest-xdist, so that it is trained once
ON_THE_TRAINED = pytest.mark.xdist_group("trained by two processes")


def run(folder, *command):
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run of two processes, and what they printed."""
    folder = tmp_path_factory.mktemp("parallel")
    out = run(folder, *TORCHRUN, str(ROOT / "scripts" / "train.py"), *OPTIONS, "name=two")
    return folder, out


def results(folder):
    return json.loads((folder / "results.json").read_text())


@ON_THE_TRAINED
@pytest.mark.processes
def test_two_processes_share_one_run_folder_that_the_first_decides(trained):
    folder, out = trained
    assert out.splitlines()[-1] == str(folder / "outputs" / "two") and out.count("share:") == 1
    assert [path.name for path in (folder / "outputs").iterdir()] == ["two"]


@ON_THE_TRAINED
@pytest.mark.processes
def test_two_processes_find_the_planted_interests(trained):
    folder, _ = trained
    assert results(folder / "outputs" / "two")["test"]["recall@10"] > 4 * 10 / 381


@pytest.mark.processes
def test_a_training_goes_on_with_another_number_of_processes(tmp_path):
    train = (str(ROOT / "scripts" / "train.py"), *OPTIONS, "schedule=constant", "name=run")
    short = (*train, "trainer.validate_every=10")
    run(tmp_path, *TORCHRUN, *short, "trainer.max_steps=10")
    run(tmp_path, *short, "trainer.max_steps=20")
    run(tmp_path, *TORCHRUN, *short, "trainer.max_steps=30")
    found = results(tmp_path / "outputs" / "run")
    assert (found["started_at"], found["processes"]) == ([0, 10, 20], [2, 1, 2])
    log = (tmp_path / "outputs" / "run" / "train.log").read_text()
    assert "processes: 1, before 2; batches are drawn anew" in log


@ON_THE_TRAINED
@pytest.mark.processes
def test_one_process_ranks_what_two_have_trained_exactly_alike(trained):
    folder, _ = trained
    out = run(folder, str(ROOT / "scripts" / "evaluate.py"), "run=outputs/two")
    assert json.loads(out)["test"] == results(folder / "outputs" / "two")["test"]
    ranks = np.load(folder / "outputs" / "two" / "ranks.npy")
    assert len(ranks) == 1000


@ON_THE_TRAINED
@pytest.mark.processes
def test_two_processes_learn_other_weights_than_one_of_the_same_seed(trained):
    folder, _ = trained
    run(folder, str(ROOT / "scripts" / "train.py"), *OPTIONS, "name=one")
    one, two = (load_file(folder / "outputs" / n / "weights.safetensors") for n in ("one", "two"))
    assert not np.array_equal(one["model.items.weight"], two["model.items.weight"])
    found = {n: results(folder / "outputs" / n)["test"]["recall@10"] for n in ("one", "two")}
    assert abs(found["one"] - found["two"]) < 0.05  # three standard errors of 1,000 users


def refused(folder, *options, program=ROOT / "scripts" / "train.py"):
    """What two processes print when a run of them is refused."""
    command = [sys.executable, *TORCHRUN, str(program), *OPTIONS, *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 1
    return done.stderr


@ON_THE_TRAINED
@pytest.mark.processes
def test_a_folder_that_holds_a_run_is_refused_by_two_processes_with_one_sentence(trained):
    folder, _ = trained
    errors = refused(folder, "name=two")
    assert errors.count("error: run folder") == 1 and "already holds a finished run" in errors


@pytest.mark.processes
def test_a_mistake_in_the_config_ends_two_processes_with_one_sentence(tmp_path):
    assert refused(tmp_path, "selection.tau=0").count("error: selection.tau must be above 0") == 1
    assert not (tmp_path / "outputs").exists()


LATE = """
import os, time
import bam.experiment.start
from bam.__main__ import run
time.sleep({late} if os.environ["RANK"] == "0" else 0)
bam.experiment.start.PATIENCE = {patience}
run("train")
"""


@pytest.mark.parametrize(
    ("late", "patience"),
    [
        pytest.param(5, 30, id="before the first one"),
        pytest.param(200, 1, id="alone"),
    ],
)
@pytest.mark.processes
def test_a_mistake_is_not_lost_where_another_process_meets_it(tmp_path, late, patience):
    program = tmp_path / "late.py"
    program.write_text(LATE.format(late=late, patience=patience))
    errors = refused(tmp_path, "selection.tau=0", program=program)
    assert errors.count("error: selection.tau must be above 0") == 1


@pytest.mark.processes
def test_a_loss_that_is_no_number_ends_two_processes_with_one_sentence(tmp_path):
    errors = refused(tmp_path, "optimizer.lr=1e30", "trainer.clip_norm=0")
    assert errors.count("error: the loss became") == 1


@pytest.mark.processes
def test_two_processes_make_a_sweep_as_one_does(tmp_path):
    options = (*OPTIONS, "seed=1,2", "hydra.sweep.dir=sweep", "trainer.max_steps=20")
    command = (*TORCHRUN, str(ROOT / "scripts" / "train.py"), "-m", *options)
    run(tmp_path, *command)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("sweep/*/results.json")}
    assert len(times) == 2 and run(tmp_path, *command).splitlines()[-1].endswith("sweep")
    assert times == {path: path.stat().st_mtime_ns for path in times}


@pytest.fixture
def second(monkeypatch):
    """This process as the second that torchrun has started where there are GPUs."""
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    empty = torch.empty

    def without_device(*size, device="cpu", **options):
        return empty(*size, **options)

    monkeypatch.setattr(torch, "empty", without_device)
    calls = []
    monkeypatch.setattr(torch.accelerator, "set_device_index", lambda n: calls.append(n))
    monkeypatch.setattr(
        distributed,
        "init_process_group",
        lambda backend, timeout: calls.append((backend, timeout.seconds)),
    )
    return calls


@pytest.mark.parametrize(("name", "number"), [("auto", 1), ("cuda", 1), ("cuda:3", 3)])
def test_each_process_has_a_gpu_of_its_own_unless_one_is_named(second, name, number):
    device = find_device(name)
    assert device == torch.device("cuda", number)
    processes = join(device, timeout=60)
    assert (processes.index, processes.size) == (1, 2)
    assert second == [number, ("nccl", 60)]


def test_sparse_gradients_of_a_table_in_each_process_are_refused(second, configured):
    config = configured("dataset=planted", "device=auto", "optimizer=lazy_adam")
    with pytest.raises(Mistake, match="sparse must be false on several processes"):
        assemble(config)
