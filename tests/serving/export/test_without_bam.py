"""An export is served without bam as docs/serving.md shows it."""

import ast
import re

import polars as pl
import pytest

from bam.experiment.opened.load_export import load_export
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "serving.md").read_text().partition("### Without bam")[2]
(CODE,) = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def test_it_needs_no_bam_and_ten_lines():
    imports = [node for node in ast.walk(ast.parse(CODE)) if isinstance(node, ast.Import)]
    names = {alias.name for node in imports for alias in node.names}
    assert names == {"faiss", "numpy", "onnxruntime", "polars"}
    assert len(CODE.strip().splitlines()) - 2 <= 10


@pytest.mark.parametrize("index", ["exact", "hnsw"])
def test_it_finds_the_items_that_bam_finds(run, make_export, index):
    folder = make_export(run, f"index={index}", "onnx=true")
    names: dict = {}
    exec(CODE.replace("NAME/", f"{folder}/"), names)
    best = names["items"][names["rows"][names["score"].argsort()[::-1][:10]]]
    found = load_export(folder).recommend(["50", "18", "31"], 10, "exclude_seen=false")
    assert isinstance(best, pl.DataFrame)
    assert set(best["id"]) == set(found["item"])
    assert sorted(names["score"])[::-1][:10] == pytest.approx(found["score"].to_list(), abs=1e-4)
