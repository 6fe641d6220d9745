"""The import contracts refuse what they are meant to refuse."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

WRONG = {
    "bam/evaluation/outcome.py": "import hydra",
    "bam/results/runs.py": "import omegaconf",
    "bam/evaluation/ranking.py": "import bam.training.trainer",
    "bam/data/windows.py": "import bam.nn.init",
    "bam/corner/__init__.py": "",  # a room that no layer names
}


@pytest.mark.parametrize("file", WRONG)
def test_a_wrong_import_or_an_unplanned_room_breaks_a_contract(tmp_path, file):
    shutil.copytree(ROOT / "bam", tmp_path / "bam")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    wrong = tmp_path / file
    wrong.parent.mkdir(exist_ok=True)
    with wrong.open("a") as source:
        source.write(f"\n{WRONG[file]}\n")
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True)
    assert (
        done.returncode == 1 and "BROKEN" in done.stdout + done.stderr
    ) or "exhaustive" in done.stdout
