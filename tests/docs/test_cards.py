"""The model card beside each pretrained model is what docs/cards.py writes from its run."""

import runpy

import pytest

from tests.conftest import ROOT

PROGRAM = runpy.run_path(str(ROOT / "docs" / "cards.py"))
RUNS = sorted(path.parent for path in PROGRAM["RUNS"].glob("*/*/config.yaml"))


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.parent.name}/{run.name}")
def test_a_card_has_the_figures_of_its_run(run):
    assert (run / "README.md").read_text() == PROGRAM["card"](run), "python docs/cards.py"
