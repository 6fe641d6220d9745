"""docs/python.md and the notebook: their code works, and they name what there is."""

import os
import re

import nbformat
import pytest
from nbclient import NotebookClient

import bam
from tests.conftest import ROOT
from tests.experiment.planted import results

PAGE = (ROOT / "docs" / "python.md").read_text()
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def test_the_code_of_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    names: dict = {}
    for block in blocks:
        exec(
            block.replace('"dataset=planted"', '"dataset=planted", "threads=1", "device=cpu"'),
            names,
        )
    assert names["run"].results == results(names["run"].folder)
    assert names["table"].height == 10 and names["found"].vectors.shape == (4, 64)
    assert "selection must have one value" in capsys.readouterr().out


def test_the_page_lists_every_public_name():
    table = PAGE.partition("## All names")[2]
    assert set(re.findall(r"^\| `bam\.(\w+)", table, flags=re.MULTILINE)) == set(bam.__all__)
    public = {name for name in vars(bam.Run) if not name.startswith("_")} | {"folder"}
    assert public <= set(re.findall(r"`(\w+)`", table))


def test_the_outputs_of_the_notebook_are_stored():
    cells = [cell for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    assert len([cell for cell in cells if cell.outputs]) >= 5
    text = NOTEBOOK.read_text()
    assert "step 100: loss" in text and "image/png" in text
    assert str(ROOT.parent) not in text and "/tmp/" not in text


@pytest.mark.processes
def test_the_notebook_runs_and_shows_validations(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "bam" / "plugins")]))
    notebook = nbformat.read(NOTEBOOK, 4)
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}, timeout=300).execute()
    first = next(cell for cell in notebook.cells if "bam.train(" in cell.source)
    shown = "".join(one.text for one in first.outputs if one.output_type == "stream")
    assert "step 100: loss" in shown
    assert list(tmp_path.glob("outputs/*/results.json"))
