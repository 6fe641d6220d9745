import json

import pytest
import yaml

from bam.errors import Mistake
from bam.results.runs import history, runs
from bam.run.identity import fingerprint


def test_a_run_without_results_is_unfinished_and_one_with_an_error_has_failed(
    finished, unfinished, tmp_path
):
    finished("a")
    unfinished("b")
    failed = {"status": "failed", "error": "Mistake: tau must be above 0"}
    (unfinished("c") / "results.json").write_text(json.dumps(failed))
    assert [run.status for run in runs(tmp_path)] == ["finished", "unfinished", "failed"]


def test_a_folder_inside_a_run_is_no_run(finished, tmp_path):
    (finished("a") / "wandb").mkdir()
    (tmp_path / "a" / "wandb" / "config.yaml").write_text("x: 1")
    assert len(runs(tmp_path)) == 1


def test_a_run_below_another_run_is_read_and_what_hydra_leaves_is_none(finished, tmp_path):
    finished("a")
    finished("a/b", seed=2)
    finished("a/.hydra", seed=3)
    finished("a/refit", seed=4)
    assert [run.folder for run in runs(tmp_path)] == [tmp_path / "a", tmp_path / "a" / "b"]


def test_a_config_that_was_changed_after_the_training_is_named(finished, tmp_path, caplog):
    folder = finished("a")
    results = json.loads((folder / "results.json").read_text())
    config = yaml.safe_load((folder / "config.yaml").read_text())
    results["fingerprint"] = fingerprint(config)
    (folder / "results.json").write_text(json.dumps(results))
    runs(tmp_path)
    assert not caplog.messages
    (folder / "config.yaml").write_text(yaml.safe_dump({**config, "dim": 7}))
    runs(tmp_path)
    assert caplog.messages == [f"{folder}/config.yaml is not as it was when the run was trained"]
    (folder / "config.yaml").write_text("seed: 1")
    with pytest.raises(Mistake, match=r"a/config.yaml is cut or of another program; restore it"):
        runs(tmp_path)


def test_one_run_may_be_read_alone(finished):
    assert len(runs(finished("a"))) == 1


def test_runs_are_found_at_any_depth(finished, tmp_path):
    finished("x/y/a")
    finished("z/b")
    assert len(runs(tmp_path)) == 2


def test_a_linked_run_is_read_and_no_run_twice(finished, tmp_path):
    archive = finished("archive/a").parent
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "run").symlink_to(archive / "a")
    (tmp_path / "outputs" / "sweep").symlink_to(archive)
    assert len(runs(tmp_path / "outputs")) == 1
    assert [run.folder for run in runs(tmp_path)] == [archive / "a"]


def test_links_in_a_circle_end(finished, tmp_path):
    (finished("a/b").parent / "again").symlink_to(tmp_path)
    assert len(runs(tmp_path)) == 1


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(Mistake, match="must hold at least one run, got none"):
        runs(tmp_path)


@pytest.mark.parametrize("name", ["results.json", "config.yaml"])
def test_a_damaged_file_is_named(finished, tmp_path, name):
    (finished("a") / name).write_text("{[")
    with pytest.raises(Mistake, match=rf"a/{name}: cannot be read"):
        runs(tmp_path)


def test_a_run_that_was_killed_before_it_wrote_its_config_is_left_out(finished, tmp_path):
    finished("a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "config.yaml").touch()
    assert len(runs(tmp_path)) == 1


def test_the_choices_of_an_unfinished_run_come_from_its_overrides(unfinished, tmp_path):
    (unfinished("a") / "overrides.yaml").write_text("- selection=hard\n- dim=8\n")
    [run] = runs(tmp_path)
    assert run.choices["selection"] == "hard" and run.choices["backbone"] == ""


def test_a_validation_that_was_cut_off_is_left_out(finished, tmp_path):
    with (finished("a") / "metrics.jsonl").open("a") as file:
        file.write('{"step": 30')
    assert [line["step"] for line in history(runs(tmp_path)[0])] == [100, 200]


OTHER = "{seed: 1, dataset: cifar, selection: top, evaluation: full}"


@pytest.mark.parametrize("content", ["lr: 1\n", "seed: 3\n", "- a\n", "dataset: x\n", OTHER])
def test_a_config_of_another_program_is_no_run_and_hides_none(finished, tmp_path, content):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.yaml").write_text(content)
    folder = finished("other/run")
    assert [run.folder for run in runs(tmp_path)] == [folder]
