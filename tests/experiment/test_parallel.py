"""Two processes, started by torchrun as a user starts them."""

import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file

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
