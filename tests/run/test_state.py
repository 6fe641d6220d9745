"""One function says what state a run is in."""

import json

import pytest

from bam.errors import Mistake
from bam.run.state import KINDS, Failed, Finished, New, Unfinished, data_of, state


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.yaml").write_text("seed: 1\n")
    return tmp_path


def test_a_folder_without_a_config_is_new(tmp_path):
    assert state(tmp_path / "none") == New()
    (tmp_path / "config.yaml").touch()
    (tmp_path / ".lock").touch()
    assert state(tmp_path) == New()


def test_a_run_without_results_is_unfinished(folder):
    assert state(folder) == Unfinished()


def test_a_run_with_an_error_failed(folder):
    results = {"status": "failed", "error": "Mistake: two\nlines"}
    (folder / "results.json").write_text(json.dumps(results))
    assert state(folder) == Failed("Mistake: two lines", results)


@pytest.mark.parametrize("status", [{}, {"status": "finished"}])
def test_a_run_with_test_figures_is_finished(folder, status):
    results = {**status, "test": {"recall@10": 0.5}}
    (folder / "results.json").write_text(json.dumps(results))
    assert state(folder) == Finished(results)


def test_damaged_results_are_refused(folder):
    (folder / "results.json").write_text("{")
    with pytest.raises(Mistake, match=r"results\.json: cannot be read"):
        state(folder)


@pytest.mark.parametrize("key", KINDS)
def test_results_with_a_part_of_another_kind_are_refused(folder, key):
    (folder / "results.json").write_text(json.dumps({"test": {}, key: [{"a": 1}]}))
    with pytest.raises(Mistake, match=r"results.json must be the results of a run"):
        state(folder)


@pytest.mark.parametrize("results", [[1], "text", 3, {"test": {"mrr": "high"}}])
def test_what_is_no_table_of_figures_is_refused(folder, results):
    (folder / "results.json").write_text(json.dumps(results))
    with pytest.raises(Mistake, match=r"results.json must be the results of a run"):
        state(folder)


def test_the_data_of_a_run_are_those_of_its_results_else_of_its_environment(folder):
    assert data_of(folder) == ""
    (folder / "environment.json").write_text(json.dumps({"data": "ab"}))
    assert data_of(folder) == "ab"
    (folder / "results.json").write_text(json.dumps({"data": "cd", "test": {}}))
    assert data_of(folder) == "cd"
