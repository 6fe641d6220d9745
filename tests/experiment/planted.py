"""Short runs on planted users, and what they leave."""

import json
import subprocess
import sys
import time

import polars as pl

from tests.conftest import ROOT

PLANTED = ("dataset=planted", "device=cpu", "threads=1", "dim=16", "num_negatives=64",
           "batch_size=64", "num_interests=4", "optimizer.lr=0.01",
           "trainer.validate_every=100")  # fmt: skip
TOO_MANY = "1000000000000"  # negatives: only beside the data it is seen that they do not fit
TIMES = ("train_seconds", "samples_per_second", "test_seconds", "users_per_second",
         "peak_memory_mb", "refit_seconds", "thread_counts", "started_at", "processes")  # fmt: skip
TIME_COLUMNS = ("seconds", "samples/s", "tested users/s", "peak_memory_mb")


def results(folder):
    return json.loads((folder / "results.json").read_text())


def numbers(folder):
    """All that a run leaves but what it cost: the same numbers must come again."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    found = {key: value for key, value in results(folder).items() if key not in TIMES}
    for line in lines:
        line.pop("samples_per_second")
    return found, lines, (folder / "weights.safetensors").read_bytes()


def rows(sweep):
    """A sweep's table without its times."""
    table = pl.read_csv(sweep / "results.csv").drop(TIME_COLUMNS, strict=False)
    return table.with_columns(pl.col("run").str.split("/").list.last()).sort("run")


def process(folder, script, *overrides):
    """The script in a new process, in this folder; its output goes to console.txt."""
    command = [sys.executable, str(ROOT / "scripts" / script), *overrides]
    with (folder / "console.txt").open("a") as console:
        return subprocess.Popen(command, cwd=folder, stdout=console, stderr=console)


def until(holds, seconds=120):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)
