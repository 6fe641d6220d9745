"""bam runs lists every run, and bam clean removes what has no results, and nothing else."""

import json
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from bam.__main__ import run
from tests.results.run_folder import finished_in, unfinished_in


def failed_in(parent, name, error):
    results = {"selection": "p", "seed": 1, "status": "failed", "error": error}
    (unfinished_in(parent, name, {}) / "results.json").write_text(json.dumps(results))


@pytest.fixture
def bam(tmp_path, monkeypatch, capsys):
    """Run a command in tmp_path; returns its lines."""
    monkeypatch.chdir(tmp_path)

    def call(name, *words):
        monkeypatch.setattr(sys, "argv", ["bam", *words])
        run(name)
        return capsys.readouterr().out.splitlines()

    return call


@pytest.fixture
def outputs(tmp_path):
    """A finished, a failed and two unfinished runs, files of somebody else, and a link."""
    folder = tmp_path / "outputs"
    finished_in(folder)("a/good")
    failed_in(folder, "a/bad", "Mistake: tau must be above 0")
    unfinished_in(folder, "stopped", {})
    (folder / "stopped" / "metrics.jsonl").write_text('{"step": 40}\n')
    (folder / "begun").mkdir()
    (folder / "begun" / ".lock").touch()
    (folder / "mine").mkdir()
    (folder / "mine" / "config.yaml").write_text("a: 1\n")
    other = unfinished_in(tmp_path, "elsewhere", {})
    (folder / "link").symlink_to(other)
    return folder


def test_every_run_is_a_line_with_its_state(bam, outputs):
    *lines, last = bam("runs", "outputs")
    assert last == "1 failed, 1 finished, 2 interrupted"
    states = {line.rpartition(" ")[2]: line.split()[0] for line in lines}
    assert states == {"outputs/a/bad": "failed", "outputs/a/good": "finished",
                      "outputs/begun": "interrupted", "outputs/stopped": "interrupted"}  # fmt: skip
    good = next(line for line in lines if "good" in line)
    assert "small remi p single_interest · ndcg@10 0." in good
    assert "tau must be above 0" in lines[0] and "at step 40" in lines[3]


def test_a_run_that_trains_again_says_so_before_and_after_its_end(bam, outputs):
    path = outputs / "a" / "good" / "results.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "refit": True}))
    (outputs / "stopped" / "refit").mkdir()
    lines = bam("runs", "outputs")
    assert "small remi p single_interest refit=true · ndcg@10 0." in lines[1]
    assert "at step 40, training again on train + validation" in lines[3]


def test_the_list_is_also_json(bam, outputs):
    found = [json.loads(line) for line in bam("runs", "outputs", "--json")]
    assert {one["state"] for one in found} == {"failed", "finished", "interrupted"}


def test_a_run_that_a_process_holds_is_running_and_stays(bam, outputs):
    with FileLock(outputs / "stopped" / ".lock"):
        assert any(line.startswith("running") for line in bam("runs", "outputs"))
        bam("clean", "outputs", "--yes")
    assert (outputs / "stopped" / "config.yaml").is_file()


def test_nothing_is_removed_without_yes(bam, outputs):
    before = sorted(outputs.rglob("*"))
    lines = bam("clean", "outputs")
    assert len(lines) == 4 and lines[-1].endswith("to remove these add --yes")
    assert sorted(outputs.rglob("*")) == before


def test_what_has_no_results_is_removed_and_nothing_else(bam, outputs, tmp_path):
    (outputs / "a" / "good" / "weights.partial").touch()
    before = {path: path.read_bytes() for path in (outputs / "a" / "good").glob("*.*")}
    del before[outputs / "a" / "good" / "weights.partial"]
    lines = bam("clean", "outputs", "--yes")
    assert len(lines) == 4 and all(line.startswith("removed: outputs/") for line in lines)
    assert {path: path.read_bytes() for path in (outputs / "a" / "good").glob("*.*")} == before
    assert sorted(path.name for path in outputs.iterdir()) == ["a", "link", "mine"]
    assert (tmp_path / "elsewhere" / "config.yaml").is_file()
    assert bam("clean", "outputs", "--yes") == ["nothing to remove"]


def test_folders_of_other_programs_are_no_runs_and_stay(bam, tmp_path):
    other = tmp_path / "outputs" / "cifar"
    other.mkdir(parents=True)
    (other / "config.yaml").write_text("{seed: 1, dataset: cifar, selection: top, evaluation: x}")
    (tmp_path / "outputs" / "cache" / "models").mkdir(parents=True)
    (tmp_path / "outputs" / "cache" / ".lock").touch()
    (tmp_path / "outputs" / "cache" / "models" / "weights.bin").touch()
    assert bam("clean", "outputs", "--yes") == ["nothing to remove"]
    assert not any("cifar" in line for line in bam("runs", "outputs"))


def test_a_failed_run_that_holds_other_runs_stays(bam, outputs):
    failed_in(outputs.parent, "above", "Mistake: x")
    for path in (outputs.parent / "above").iterdir():
        path.rename(outputs / path.name)
    bam("clean", "outputs", "--yes")
    assert (outputs / "a" / "good" / "results.json").is_file()


def test_a_damaged_run_is_listed_and_stays(bam, outputs):
    (outputs / "a" / "good" / "results.json").write_text("{")
    assert any(line.startswith("damaged") for line in bam("runs", "outputs"))
    bam("clean", "outputs", "--yes")
    assert (outputs / "a" / "good" / "results.json").is_file()


def test_a_finished_run_whose_config_is_cut_is_listed_and_stays(bam, outputs):
    (outputs / "a" / "good" / "environment.json").write_text("{}")
    (outputs / "a" / "good" / "config.yaml").write_text("seed: 1")
    assert any(line.startswith("finished") for line in bam("runs", "outputs"))
    bam("clean", "outputs", "--yes")
    assert (outputs / "a" / "good" / "results.json").is_file()


def test_a_folder_that_is_not_there_is_refused(bam):
    for name in ("runs", "clean"):
        with pytest.raises(
            SystemExit, match=r"error: FOLDER must exist, such as `outputs`, got 'nowhere'"
        ):
            bam(name, "nowhere")


def test_the_bug_report_has_versions_machine_and_data(bam):
    text = "\n".join(bam("info"))
    assert "torch build" in text and "libraries.hydra-core" in text
    assert f"{Path.cwd()}/data (not there yet)" in text
