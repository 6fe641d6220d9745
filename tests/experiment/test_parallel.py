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
from bam.experiment.assemble import assemble
from bam.experiment.settings import device_of
from bam.system.processes import join
from tests.conftest import ROOT

OPTIONS = ("dataset=planted", "device=cpu", "threads=1", "dim=16", "num_negatives=64",
           "batch_size=64", "optimizer.lr=0.01", "trainer.validate_every=100",
           "trainer.max_steps=200", "averaging=ema", "schedule=linear",
           "trainer.clip_norm=1")  # fmt: skip


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
    torchrun = ("-m", "torch.distributed.run", "--nproc-per-node=2", "--master-port=29517")
    out = run(folder, *torchrun, str(ROOT / "scripts" / "train.py"), *OPTIONS, "name=two")
    return folder, out


def results(folder):
    return json.loads((folder / "results.json").read_text())


def test_two_processes_share_one_run_folder_that_the_first_decides(trained):
    folder, out = trained
    assert out.splitlines() == [str(folder / "outputs" / "two")]
    assert [path.name for path in (folder / "outputs").iterdir()] == ["two"]


def test_two_processes_find_the_planted_interests(trained):
    folder, _ = trained
    assert results(folder / "outputs" / "two")["test"]["recall@10"] > 4 * 10 / 381


def test_one_process_ranks_what_two_have_trained_exactly_alike(trained):
    folder, _ = trained
    out = run(folder, str(ROOT / "scripts" / "evaluate.py"), "run=outputs/two")
    assert json.loads(out)["test"] == results(folder / "outputs" / "two")["test"]
    ranks = np.load(folder / "outputs" / "two" / "ranks.npy")
    assert len(ranks) == 1000


def test_two_processes_learn_other_weights_than_one_of_the_same_seed(trained):
    folder, _ = trained
    run(folder, str(ROOT / "scripts" / "train.py"), *OPTIONS, "name=one")
    one, two = (load_file(folder / "outputs" / n / "weights.safetensors") for n in ("one", "two"))
    assert not np.array_equal(one["model.items.weight"], two["model.items.weight"])
    found = {n: results(folder / "outputs" / n)["test"]["recall@10"] for n in ("one", "two")}
    assert abs(found["one"] - found["two"]) < 0.05  # three standard errors of 1,000 users


@pytest.fixture
def second(monkeypatch):
    """This process as the second that torchrun has started where there are GPUs."""
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "empty", lambda *_, **__: None)  # asks whether a device is there
    told = []
    monkeypatch.setattr(torch.accelerator, "set_device_index", lambda n: told.append(n))
    monkeypatch.setattr(distributed, "init_process_group", lambda backend: told.append(backend))
    return told


@pytest.mark.parametrize(("name", "number"), [("auto", 1), ("cuda", 1), ("cuda:3", 3)])
def test_each_process_has_a_gpu_of_its_own_unless_one_is_named(second, name, number):
    device = device_of(name)
    assert device == torch.device("cuda", number)
    ranks = join(device)
    assert (ranks.rank, ranks.size) == (1, 2)
    assert second == [number, "nccl"]


def test_sparse_gradients_on_several_gpus_are_refused(second, configured):
    config = configured("dataset=planted", "device=auto", "optimizer=lazy_adam")
    with pytest.raises(Mistake, match="optimizer must be dense on several GPUs"):
        assemble(config)
