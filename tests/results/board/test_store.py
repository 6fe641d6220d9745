"""Finished runs become rows, which are kept, replaced and compared by user."""

import hashlib
import json
import shutil
import statistics
from dataclasses import replace

import polars as pl
import pytest
import torch

from bam.command.board import main
from bam.errors import Mistake
from bam.results.board.files import BASELINE_USERS, GAINS, RUNS, read_board, write_board
from bam.results.board.gather import gather
from bam.results.board.merge import merge
from bam.results.board.record import Key
from bam.results.board.rows import rows_of
from bam.run.files import WEIGHTS
from bam.system.checksums import sha256
from tests.results.board.conftest import baseline, board, gain, result

COUNTS = {"memory___target_": "bam.model.memory.Transitions"}  # of a blend with a memory


def test_a_run_is_stored_with_what_it_is_and_without_paths_of_its_machine(trained, tmp_path):
    trained("a", "remi", seed=2, typed={"dataset.raw": "/home/me/file"})
    [stored] = gather([tmp_path]).results
    assert stored.key == Key("remi", "small", "clean") and (stored.seed, stored.K) == (2, 4)
    assert stored.metrics["recall@10"] == 0.5 and stored.steps == 200
    assert stored.minutes == pytest.approx(2.5 / 60)
    assert stored.command == "bam train experiment=remi dataset=small seed=2 threads=1"
    assert stored.machine == "AMD, 1 of 2 cores" and stored.commit == "a" * 10
    assert (stored.date, stored.refit, stored.kind) == ("2026-11-29", False, "several interests")


def test_a_seed_that_was_not_typed_is_in_the_command_of_all_seeds(trained, tmp_path):
    trained("a", "remi", seed=1, typed={"seed": None})
    trained("b", "remi", seed=2)
    [row] = [row for row in rows_of(gather([tmp_path]), []) if row.runs]
    assert row.command == "bam train -m experiment=remi dataset=small seed=1,2 threads=1"


def test_the_share_of_targets_that_come_back_is_stored(trained, tmp_path):
    file = trained("a", "remi") / "results.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "repeated_targets": 0.067}))
    [found] = gather([tmp_path]).results
    assert found.metrics["repeated_targets"] == 0.067


def test_one_interest_is_one_row_however_it_was_typed(trained, tmp_path):
    trained("a", "comirec_sa", seed=1, typed={"num_interests": "1"}, num_interests=1)
    trained("b", "comirec_sa_k1", seed=2, num_interests=1, method="comirec_sa")
    assert {one.method for one in gather([tmp_path]).results} == {"comirec_sa_k1"}


def test_another_option_makes_another_method_and_a_longer_training_does_not(trained, tmp_path):
    trained("a", "remi", typed={"selection": "p"}, selection__kind="p")
    trained("b", "mind", typed={"trainer.max_steps": "9", "evaluation": "clean"})
    found = {one.method: one.command for one in gather([tmp_path]).results}
    assert found.keys() == {"remi selection=p", "mind"}
    assert "trainer.max_steps=9" in found["mind"]


def test_a_blend_is_a_method_of_its_own_that_took_the_training_of_its_source(
    trained, finished, tmp_path
):
    for seed in (1, 2):
        source = trained(f"z{seed}", "remi", seed=seed)
        chosen = COUNTS | {"memory__gamma": seed / 10}
        typed = {"run": f"outputs/{source.name}", "with": "transitions", "threads": "1"}
        (source / WEIGHTS).write_bytes(bytes([seed]))
        chosen["initial_weights"] = sha256(source / WEIGHTS)[:16]
        finished(f"a{seed}", seed=seed, overrides=typed, num_interests=4, **chosen)
    found = [one for one in gather([tmp_path]).results if one.method == "remi with=transitions"]
    assert {one.seed for one in found} == {1, 2} and found[0].steps == 200
    command = "bam blend run=RUN with=transitions threads=1   # RUN: a run of remi"
    assert found[0].command == command
    assert found[0].kind == "interests with counts" and found[0].minutes == pytest.approx(5 / 60)


@pytest.mark.parametrize(("blended", "method"), [("A/run", "remi"), ("B/run", "mind")])
def test_a_blend_of_one_of_two_runs_with_the_same_name_is_of_that_run(
    trained, finished, tmp_path, caplog, blended, method
):
    for folder, experiment in (("A", "remi"), ("B", "mind")):
        (tmp_path / folder).mkdir()
        trained(f"{folder}/run", experiment)
    for name, run in (("c", blended), ("d", "run")):
        typed = {"run": run, "with": "transitions"}
        finished(name, overrides=typed, num_interests=4, **COUNTS)
    found = [one.method for one in gather([tmp_path]).results]
    assert sorted(found) == sorted(["remi", "mind", f"{method} with=transitions"])
    assert f"{tmp_path / 'd'}: no row" in caplog.text  # A/run or B/run: nobody knows


def test_a_blend_is_of_the_run_whose_weights_it_began_with(trained, finished, tmp_path, caplog):
    for name, experiment, content in (("0", "remi", b"a"), ("moved", "mind", b"b")):
        (trained(name, experiment) / WEIGHTS).write_bytes(content)
    for name, content in (("c", b"b"), ("d", b"of a run that is not here")):
        typed = {"run": "B/0", "with": "transitions"}
        weights = hashlib.sha256(content).hexdigest()[:16]
        finished(name, overrides=typed, num_interests=4, initial_weights=weights, **COUNTS)
    found = [one.method for one in gather([tmp_path]).results]
    assert sorted(found) == ["mind", "mind with=transitions", "remi"]
    assert f"{tmp_path / 'd'}: no row" in caplog.text


def test_an_ensemble_may_be_blended_again(trained, finished, tmp_path):
    trained("a", "remi"), trained("b", "mind")
    finished("c", overrides={"run": "a", "with": "b"}, num_interests=8)
    finished("B", overrides={"run": "c", "with": "mixed"}, num_interests=8, **COUNTS)
    found = {one.method: one for one in gather([tmp_path]).results}
    assert found["remi + mind with=mixed"].steps == 400


def test_a_run_that_is_not_finished_is_named(trained, tmp_path, caplog):
    trained("a", "remi", seed=1), (trained("b", "remi", seed=2) / "results.json").unlink()
    assert [one.seed for one in gather([tmp_path]).results] == [1]
    assert f"{tmp_path / 'b'}: no row: it is unfinished" in caplog.text


def test_an_ensemble_is_a_method_of_its_own_that_took_the_training_of_all_members(
    trained, finished, tmp_path
):
    first, other = trained("a", "remi"), trained("b", "mind")
    typed = {"run": f"outputs/{first.name}", "with": f"[outputs/{other.name}]", "threads": "1"}
    finished("c", overrides=typed, num_interests=8)
    finished("d", overrides=typed | {"with": "outputs/elsewhere"}, num_interests=8)
    [found] = [one for one in gather([tmp_path]).results if "bam blend" in one.command]
    assert (found.method, found.kind, found.steps) == ("remi + mind", "ensemble", 400)
    assert found.minutes == pytest.approx(7.5 / 60)
    members = "RUN: a run of remi, RUN2: a run of mind"
    assert found.command == f"bam blend run=RUN with=[RUN2] threads=1   # {members}"


@pytest.mark.parametrize("other", ["b", "[b]"])
def test_a_member_of_an_ensemble_may_be_named_without_its_parents(
    trained, finished, tmp_path, other
):
    trained("a", "remi"), trained("b", "mind")
    finished("c", overrides={"run": "a", "with": other}, num_interests=8)
    [found] = [one for one in gather([tmp_path]).results if "bam blend" in one.command]
    assert (found.method, found.kind, found.steps) == ("remi + mind", "ensemble", 400)


def test_a_run_below_two_of_the_folders_is_one(trained, finished, tmp_path):
    (tmp_path / "sub").mkdir()
    trained("sub/a", "remi")
    typed = {"run": "outputs/a", "with": "transitions"}
    finished("sub/c", overrides=typed, num_interests=4, **COUNTS)
    found = gather([tmp_path, tmp_path / "sub"]).results
    assert [one.method for one in found] == ["remi", "remi with=transitions"]


def test_two_blends_of_one_run_with_different_others_are_no_row(trained, finished, tmp_path):
    runs = [trained(f"r{seed}", "remi", seed=seed) for seed in (1, 2, 3)]
    for other in runs[1:]:
        typed = {"run": f"outputs/{runs[0].name}", "with": f"[outputs/{other.name}]"}
        finished(f"with-{other.name}", overrides=typed, num_interests=8)
    with pytest.raises(Mistake, match=r"remi \+ remi on small must be one blend of the run with"):
        gather([tmp_path])


def test_every_member_of_a_blend_is_one_configuration_in_all_seeds(trained, finished, tmp_path):
    for seed in (1, 2):
        first = trained(f"a{seed}", "remi", seed=seed)
        other = trained(f"b{seed}", "mind", seed=seed, typed={"trainer.max_steps": f"{seed}"})
        typed = {"run": f"outputs/{first.name}", "with": f"[outputs/{other.name}]"}
        finished(f"c{seed}", seed=seed, overrides=typed, num_interests=8)
    assert len(gather([tmp_path]).results) == 6
    changed = trained("b3", "mind", seed=3, split__seed=9)
    first = trained("a3", "remi", seed=3)
    typed = {"run": f"outputs/{first.name}", "with": f"[outputs/{changed.name}]"}
    finished("c3", seed=3, overrides=typed, num_interests=8)
    with pytest.raises(Mistake, match=r"mind on small must be one configuration.*split.seed"):
        gather([tmp_path])


@pytest.mark.parametrize("key", ["split.seed", "+split.seed", "evaluation.protocol.seen_score"])
def test_a_run_with_other_test_users_than_the_board_has_no_row(trained, tmp_path, caplog, key):
    trained("a", "remi")
    trained("b", "mind", typed={key: "7"})
    assert [one.method for one in gather([tmp_path]).results] == ["remi"]
    assert "a split of its own" in caplog.text


def test_a_file_of_the_user_is_called_by_its_name(trained, tmp_path):
    trained("a", "remi", dataset__name="", dataset__path="my data/shop.txt")
    assert [one.data for one in gather([tmp_path]).results] == ["shop"]


@pytest.mark.parametrize("name", ["../evil", "a\\b", "Index", "a|b", "<b>", "a\nb", None])
def test_a_name_is_no_path(trained, tmp_path, name):
    trained("a", "remi", dataset__name=name)
    with pytest.raises(Mistake, match=r"a.config.yaml: the name of the data must be letters"):
        gather([tmp_path])


@pytest.mark.parametrize("name", ["../evil", "index"])
def test_a_stored_name_is_no_path(tmp_path, name):
    write_board(tmp_path, board(result(data=name)))
    with pytest.raises(Mistake, match=r"runs.csv:2: the name of the data must be letters"):
        read_board(tmp_path)


@pytest.mark.parametrize("missing", ["steps", "train_seconds"])
def test_a_run_without_its_steps_or_seconds_is_named(trained, tmp_path, missing):
    file = trained("a", "remi") / "results.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), missing: None}))
    with pytest.raises(Mistake, match=f"a.results.json: {missing} must be a number"):
        gather([tmp_path])


def test_a_blend_of_a_run_that_is_not_there_has_no_row(trained, finished, tmp_path, caplog):
    trained("a", "remi")
    typed = {"run": "outputs/other", "with": "transitions"}
    finished("b", overrides=typed, num_interests=4, **COUNTS)
    assert len(gather([tmp_path]).results) == 1 and "is a blend of no run here" in caplog.text


def test_runs_of_one_row_that_differ_in_more_than_the_seed_are_refused(trained, tmp_path):
    trained("a", "remi", seed=1, trainer__max_steps=5)
    trained("b", "remi", seed=2, trainer__max_steps=9)
    with pytest.raises(Mistake, match=r"remi on small must be one configuration.*max_steps"):
        gather([tmp_path])


def test_what_is_no_experiment_or_has_another_protocol_has_no_row(
    trained, finished, tmp_path, caplog
):
    trained("a", "remi")
    finished("b", overrides={"dataset": "small"})
    protocol = "bam.evaluation.protocol.published.Published"
    trained("c", "mind", evaluation__protocol___target_=protocol)
    assert [one.method for one in gather([tmp_path]).results] == ["remi"]
    assert caplog.text.count("no row") == 2


def test_a_folder_without_such_a_run_is_refused(finished, tmp_path):
    finished("b")
    with pytest.raises(Mistake, match="must hold finished runs of experiments"):
        gather([tmp_path])


def test_a_gain_is_the_difference_of_the_means_over_all_seeds_of_each(trained, tmp_path):
    trained("a", "comirec_sa", seed=1, ranks=[1, 30, 30, 30, 2])
    trained("b", "remi", seed=1, ranks=[1, 2, 30, 4, 2])
    trained("c", "remi", seed=2, ranks=[1, 30, 30, 4, 20])
    stored = gather([tmp_path])
    by_metric = {one.metric: one for one in stored.gains}
    assert by_metric.keys() == {"recall@10", "ndcg@10"}
    assert {(one.method, one.over, one.users) for one in stored.gains} == {
        ("remi", "comirec_sa", 5)
    }
    values = {
        method: [one.metrics["recall@10"] for one in stored.results if one.method == method]
        for method in ("remi", "comirec_sa")
    }
    means = {method: statistics.fmean(some) for method, some in values.items()}
    assert by_metric["recall@10"].mean == pytest.approx(means["remi"] - means["comirec_sa"])
    assert by_metric["recall@10"].low < by_metric["recall@10"].mean < by_metric["recall@10"].high


def test_a_method_that_is_stored_when_the_baseline_has_no_runs_any_more_has_the_same_gain(
    trained, tmp_path
):
    folders = [trained(f"a{n}", "comirec_sa", seed=n, ranks=[n, 30, 4]) for n in (1, 2, 3)]
    added = trained("b", "remi", ranks=[1, 2, 7])
    together = gather([tmp_path])
    write_board(tmp_path / "board", merge(board(), gather(folders)))
    for folder in folders:
        shutil.rmtree(folder)
    stored = read_board(tmp_path / "board")
    later = merge(stored, gather([added], stored.baselines))
    assert later.gains == together.gains and len(later.gains) == 2
    assert {one.method for one in later.baselines} == {"comirec_sa"}


def test_a_baseline_that_is_stored_again_is_compared_as_it_is_now(trained, tmp_path):
    old = gather([trained("a", "comirec_sa", ranks=[1, 30, 4])])
    new = gather([trained("b", "comirec_sa", ranks=[30, 30, 4])], old.baselines)
    found = merge(old, new).baselines
    assert [one.values.tolist() for one in found if one.metric == "recall@10"] == [[0, 0, 1]]


def test_methods_on_other_data_of_one_name_are_not_compared(trained, tmp_path):
    for name, data in (("comirec_sa", "one"), ("remi", "other")):
        folder = trained(name, name)
        path = folder / "results.json"
        path.write_text(path.read_text().replace('"steps"', f'"data": "{data}", "steps"'))
    with pytest.raises(Mistake, match="remi and comirec_sa must have the same small"):
        gather([tmp_path])


@pytest.mark.parametrize("together", [True, False])
def test_methods_without_a_baseline_have_the_same_data_too(together):
    one, other = (replace(result(name), checksum=name) for name in ("remi", "mind"))
    old, new = ([], [one, other]) if together else ([one], [other])
    with pytest.raises(Mistake, match="mind and remi must have the same ml100k; store runs"):
        merge(board(*old), board(*new))
    assert merge(board(one), board(replace(other, data="ml1m"))).results
    assert merge(board(result("remi")), board(other)).results  # stored without a checksum


def test_a_board_without_checksums_is_read(tmp_path):
    write_board(tmp_path, board(result("remi")))
    text = (tmp_path / RUNS).read_text()
    (tmp_path / RUNS).write_text(text.replace("commit,checksum,", "commit,").replace("a,,", "a,"))
    assert read_board(tmp_path) == board(result("remi"))


def test_a_row_that_is_stored_again_loses_all_of_its_old_seeds_and_no_other_does():
    old = board(result("remi", seed=1), result("remi", seed=2), result("mind"))
    found = merge(old, board(result("remi", seed=3))).results
    assert [(one.method, one.seed) for one in found] == [("mind", 1), ("remi", 3)]


def test_the_same_method_on_other_data_or_by_another_protocol_is_another_row():
    old = board(result("remi"), result("remi", data="ml1m"), result("remi", protocol="comirec"))
    assert len(merge(old, board(result("remi", seed=5))).results) == 3


def test_a_gain_over_a_method_that_has_other_runs_now_is_left_out(caplog):
    base = result("comirec_sa", **{"ndcg@10": 0.09})
    old = board(base, result("remi"), gains=[gain("remi", 0.01)])
    assert merge(old, board(result("mind"))).gains == old.gains
    new = board(result("comirec_sa", **{"ndcg@10": 0.08}))
    assert merge(old, new).gains == []
    assert "remi on ml100k (clean): its gain over comirec_sa is of earlier runs" in caplog.text


def test_a_row_that_is_stored_again_where_the_baseline_has_no_users_loses_its_gain_with_a_warning(
    caplog,
):
    old = board(result("comirec_sa"), result("remi"), gains=[gain("remi", 0.01)])
    assert merge(old, board(result("remi", seed=5))).gains == []
    assert "remi on ml100k (clean): its gain over comirec_sa is of earlier runs" in caplog.text


def test_a_writing_that_was_killed_between_two_files_shows_no_gain_of_earlier_runs(
    tmp_path, monkeypatch, caplog
):
    base = result("comirec_sa", **{"ndcg@10": 0.09})
    write_board(tmp_path, board(base, result("remi"), gains=[gain("remi", 0.01)]))
    earlier = (tmp_path / GAINS).read_text()
    write_board(tmp_path, board(base, result("remi", **{"ndcg@10": 0.2})))
    (tmp_path / GAINS).write_text(earlier)
    monkeypatch.setattr("sys.argv", ["bam board", "--to", str(tmp_path)])
    main()
    assert read_board(tmp_path).gains == []
    assert "its gain over comirec_sa is of earlier runs" in caplog.text


def test_what_is_written_is_read_again_and_written_the_same(tmp_path):
    stored = board(
        result("remi", minutes=1 / 3),
        result("mind", protocol="comirec", **{"recall@50": 1 / 7}),
        gains=[gain("remi", 0.0123456789, p=1.23456789e-12)],
        baselines=[baseline([1 / 3, 0.0])],
    )
    write_board(tmp_path, stored)
    texts = [(tmp_path / name).read_text() for name in (RUNS, GAINS)]
    again = read_board(tmp_path)
    assert [one.method for one in again.results] == ["remi", "mind"]
    assert again.results[1].metrics == {"recall@50": pytest.approx(1 / 7, abs=1e-6)}
    assert again.gains[0].p == pytest.approx(1.23456789e-12, rel=1e-5)
    assert torch.equal(again.baselines[0].values, stored.baselines[0].values)
    write_board(tmp_path, again)
    assert texts == [(tmp_path / name).read_text() for name in (RUNS, GAINS)]


@pytest.mark.parametrize(("old", "new"), [(",4,several", ",four,several"), (",0.1,", ",much,")])
def test_a_damaged_row_is_named(tmp_path, old, new):
    write_board(tmp_path, board(result("remi")))
    path = tmp_path / RUNS
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(Mistake, match=r"runs.csv:2: "):
        read_board(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"values": [None, 0.5]},
        {"values": ["a", "b"]},
        {"values": [[1.0], [1.0, 2.0]]},
        {"values": 1.0},
        {"method": 3},
        {"further": 1},
    ],
)
def test_a_table_that_holds_no_baselines_is_named(tmp_path, change):
    path, whole = tmp_path / BASELINE_USERS, {**vars(baseline([])), "values": [1.0, 0.5]}
    pl.DataFrame([whole]).write_parquet(path)
    assert read_board(tmp_path).baselines
    pl.DataFrame([{**whole, **change}]).write_parquet(path)
    with pytest.raises(Mistake, match=r"baselines.parquet: not the baselines of a board"):
        read_board(tmp_path)


@pytest.mark.parametrize("keep", [0, 100])
def test_damaged_baselines_are_named(tmp_path, keep):
    write_board(tmp_path, board(baselines=[baseline([1.0])]))
    path = tmp_path / BASELINE_USERS
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(Mistake, match=r"baselines.parquet: not the baselines of a board"):
        read_board(tmp_path)
