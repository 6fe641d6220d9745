"""bam starts, trains and tests without what only Linux has; docs/install.md says what was tried."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SHORT = ["dataset=planted", "dataset.num_users=60", "trainer.max_steps=20", "threads=1", "dim=8"]


@pytest.mark.parametrize("system", ["macos", "windows"])
def test_a_run_trains_and_tests_without_what_the_system_lacks(tmp_path, system):
    program = [sys.executable, "-W", "error", "-m", "tests.system.another_system", system]
    options = [f"hydra.run.dir={tmp_path / 'run'}", f"data_dir={tmp_path}", "num_negatives=20"]
    done = subprocess.run(
        [*program, "train", *SHORT, *options], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["status"] == "finished" and results["steps"] == 20
    peak = results["peak_memory_mb"]
    assert peak is None if system == "windows" else peak > 0
    assert json.loads((tmp_path / "run" / "environment.json").read_text())["cores"] >= 1
