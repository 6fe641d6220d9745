"""What an export says of itself is measured, and written for people."""

import json
import re
import subprocess
from dataclasses import replace

import lancedb
import numpy as np
import pytest
import torch

from bam.evaluation.users import read_users
from bam.experiment.opened.ask import choices_of
from bam.experiment.opened.load_export import load_export
from bam.results.interval import bootstrap_interval
from bam.serving.export.card import _holds
from bam.serving.export.files import TABLE
from bam.serving.export.licence import LICENCES, licence
from bam.serving.export.manifest import FORMAT
from bam.serving.export.measure import _recall, measure
from bam.serving.export.vector_table import NAME
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def whole(run, make_export):
    return make_export(run, "index=ivf", "lancedb=true", "onnx=true", "histories=true")


def test_recall_is_the_share_of_the_true_items_that_are_found():
    true, found = torch.tensor([[1, 2, 3], [4, 0, 0]]), torch.tensor([[3, 9, 1], [4, 5, 0]])
    assert _recall(true, found) == 3 / 4


def test_the_index_is_measured_beside_exact_ranking(folder, opened):
    measured = opened.manifest.measured
    assert [*measured] == ["exact ranking", "index.faiss"]
    for one in measured.values():
        assert one["recall"] == 1 and 0 < one["p50_ms"] <= one["p99_ms"]
        assert one["users_per_second"] > 0
    assert measured["index.faiss"]["bytes"] == (folder / "index.faiss").stat().st_size
    for figure in (f"{measured['index.faiss']['p50_ms']:.2f}", "index=exact"):
        assert figure in opened.card


def test_no_more_histories_are_made_than_are_measured(run, monkeypatch):
    monkeypatch.setattr("bam.serving.export.measure.TOGETHER", 3)

    def each():
        yield from run.retriever.users.all()[:3]
        pytest.fail("a fourth was made")

    assert measure({"": run.retriever}, each(), 5, choices_of(()))[""]["recall"] == 1


def test_a_bootstrap_interval_is_that_of_the_mean():
    values = torch.randn(400).double() + 3
    low, high = bootstrap_interval(values)
    error = float(values.std()) / 20
    assert low == pytest.approx(float(values.mean()) - 1.96 * error, abs=error / 2)
    assert high == pytest.approx(float(values.mean()) + 1.96 * error, abs=error / 2)
    assert bootstrap_interval(values) == (low, high)
    assert bootstrap_interval(torch.ones(5)) == (1, 1)


def test_the_card_has_the_figures_of_the_run_with_intervals(run, opened):
    for name, value in run.results["test"].items():
        row = next(line for line in opened.card.splitlines() if line.startswith(f"| {name} |"))
        assert f"{value:.4f}" in row
        values = read_users(run.folder / "users.parquet", name)
        if values is not None:
            assert "[{:.4f}, {:.4f}]".format(*bootstrap_interval(values)) in row
    assert "Licence: not stated" in opened.card and "no histories, no counts" in opened.card
    assert "{" not in opened.card


def test_the_card_says_whether_the_weights_are_of_train_and_validation(make_run, make_export):
    for options, words in (((), "the weights of step"), (("refit=true",), "(refit=true)")):
        card = " ".join(load_export(make_export(make_run(*options))).card.split())
        assert words in card and ("refit" in card) == bool(options)


def test_the_card_names_every_file(whole):
    named = set(re.findall(r"^- `([\w.]+)`", (whole / "CARD.md").read_text(), re.MULTILINE))
    assert named | {"CARD.md", "SHA256SUMS"} == {path.name for path in whole.iterdir()}


@pytest.mark.parametrize("histories", [False, True])
def test_the_card_says_what_may_not_be_passed_on(opened, histories):
    text = _holds(replace(opened.manifest, data="ml1m", histories=histories), False, False)
    assert ("keep this folder to yourself" in text) == histories
    assert "do not allow that they are passed on" in text
    own = replace(opened.manifest, histories=histories)
    assert "passed on" not in _holds(own, False, False)
    assert "in memory.safetensors what NoMemory has counted" in _holds(own, True, False)


def test_the_card_of_an_export_whose_memory_has_the_histories_says_so(opened):
    closed = replace(opened.manifest, data="ml1m", histories=False)
    text = _holds(closed, True, True)
    assert "memory.safetensors the histories of the training part" in text
    assert "no histories" not in text and "keep this folder to yourself" in text


def test_the_licences_are_those_of_the_documents():
    table = (ROOT / "docs" / "data.md").read_text()
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    named = {
        name: row[7].strip()
        for row in rows
        if len(row) == 10
        for name in re.findall(r"`(\w+)`", row[1])
    }
    stated = {name: text for name, text in named.items() if text not in ("", "see its page")}
    assert stated == LICENCES and licence("mine") == "not stated"


def test_every_file_has_a_checksum_that_other_programs_can_check(whole):
    done = subprocess.run(
        ["sha256sum", "--check", "SHA256SUMS"], cwd=whole, capture_output=True, text=True
    )
    files = [path for path in whole.rglob("*") if path.is_file()]
    assert done.returncode == 0 and done.stdout.count(": OK") == len(files) - 1


def test_the_table_of_lancedb_finds_the_same_items(whole):
    found = load_export(whole)
    table = lancedb.connect(whole / TABLE).open_table(NAME)
    assert set(table.schema.names) == {"id", "title", "genres", "vector"}
    query = found.interests([1, 2, 3]).vectors[0].numpy()
    rows = table.search(query).distance_type("dot").limit(5).to_list()
    scores = found.retriever.table[1:].numpy() @ query
    best = np.sort(scores)[::-1][:5]
    assert [1 - row["_distance"] for row in rows] == pytest.approx(best.tolist(), abs=1e-4)
    assert rows[0]["title"] == found.retriever.items.frame["title"][int(rows[0]["id"])]


def test_the_command_prints_a_table_and_the_folder(run, tmp_path, command):
    folder = tmp_path / "export"
    lines = command("export", f"run={run.folder}", f"to={folder}", "threads=1")
    assert "recall@20" in lines[0] and "exact ranking" in lines[1] and lines[-1] == str(folder)
    content = json.loads((folder / "export.json").read_text())
    assert content["format"] == FORMAT and content["made"]["command"].startswith("bam export run=")
