"""What a person reads while a run or a sweep goes on, and when it has ended."""

import io
import json
import logging
import os
import re
import subprocess
import sys
import time

import pytest

from bam.experiment.sweep.conclusion import show_conclusion
from bam.experiment.sweep.points import Points, note_earlier
from bam.results.configuration import configurations
from bam.results.runs import runs
from bam.results.view import View
from bam.system.log_lines import Lines
from tests.conftest import ROOT
from tests.experiment.planted import PLANTED, process, results
from tests.results.run_folder import finished, unfinished

__all__ = ["finished", "unfinished"]
SHORT = (*PLANTED, "trainer.max_steps=40", "trainer.validate_every=20")


@pytest.fixture
def conclude(tmp_path, monkeypatch, capsys):
    """What the console shows of the runs below tmp_path, at this width."""
    monkeypatch.chdir(tmp_path)

    def show(width=80, metric="recall@10", **baseline):
        monkeypatch.setenv("COLUMNS", str(width))
        show_conclusion(tmp_path, configurations(runs(tmp_path)), View(baseline, metric, [], []))
        return capsys.readouterr().out

    return show


def valid(value):
    """Of a run whose weights were chosen by it."""
    return {"valid": {"recall@20": value}, "trainer__metric": "recall@20"}


def words(text):
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("values", "verdict"), [([5.0, 6, 5, 6], "worse"), ([1.0, 2, 1, 2], "bet")]
)
def test_of_a_metric_that_should_be_low_the_lower_is_better(conclude, finished, values, verdict):
    for name, figures in (("hard", [3.0, 3, 4, 4]), ("p", values)):
        finished(name, choices={"selection": name}, selection=name, users={"rank_mean": figures},
                 lists={"rank_mean": sum(figures) / 4}, overrides={"selection": name})  # fmt: skip
    assert f": {verdict}" in words(conclude(metric="rank_mean", selection="hard"))


def test_a_run_ends_with_its_figures_the_next_command_and_its_folder(tmp_path):
    command = [sys.executable, str(ROOT / "scripts" / "train.py"), *SHORT, "name=example"]
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=True
    )
    *above, following, folder = done.stdout.splitlines()
    assert folder == str(tmp_path / "outputs" / "example")
    assert "bam train " in following and following.startswith("next, as ")
    found = results(tmp_path / "outputs" / "example")
    names = next(line.split() for line in above if "recall@10" in line)[:4]
    for part in ("valid", "test"):
        (row,) = [line.split() for line in above if line.split()[:1] == [part]]
        assert [float(text) for text in row[1:5]] == pytest.approx(
            [found[part][name] for name in names], abs=1e-4
        )
    assert any(f"best step {found['best_step']} of 40, " in line for line in above)
    lines = done.stderr.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("step ")] == [
        "step 20", "step 40"]  # fmt: skip
    assert "\r" not in done.stderr and "%|" not in done.stderr and len(lines) < 10


def test_a_finished_run_is_refused_after_its_figures(start, tmp_path, capsys):
    out = start("train.py", *SHORT, "name=example")
    with pytest.raises(SystemExit, match="already holds a finished run"):
        start("train.py", *SHORT, "name=example")
    assert capsys.readouterr().out == out


def test_a_failed_run_prints_its_sentence_once(tmp_path):
    running = process(tmp_path, "train.py", *PLANTED, "trainer.patience=0")
    assert running.wait() == 1
    console = (tmp_path / "console.txt").read_text()
    assert console.count("patience must be at least 1, got 0") == 1


def test_a_warning_is_seen_as_one_and_hydras_lines_about_jobs_are_not(capsys):
    logger = logging.Logger("bam.example")
    logger.addHandler(Lines("#3 "))
    logger.warning("users are few")
    logger.info("step 1")
    chatter = logging.Logger("hydra.launcher")
    chatter.addHandler(Lines(""))
    chatter.info("Launching 2 jobs locally")
    assert capsys.readouterr().err == "#3 warning: users are few\n#3 step 1\n"


def test_a_line_that_nobody_reads_any_more_ends_nothing(monkeypatch):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Closed())
    logger = logging.Logger("bam.example")
    logger.addHandler(Lines(""))
    logger.warning("users are few")


def check_sweep(lines):
    """What each number stands for, how many points have ended, and how long the others take."""
    assert any(line.startswith("sweep of 2 points: ") for line in lines)
    assert {"#1 of 2: selection=hard", "#2 of 2: selection=p"} <= set(lines)
    assert "2 of 2 points have ended" in lines
    assert any(re.fullmatch(r"1 of 2 points have ended, about \d+ s left", line) for line in lines)
    assert any(re.match(r"#2 recall@20: valid \.\d{4}, test \.\d{4}; ", line) for line in lines)


def test_a_sweep_shows_each_point_and_ends_with_its_best_the_report_and_the_folder(start, tmp_path):
    command = ("-m", *SHORT, "selection=hard,p", "hydra.sweep.dir=sweep",
               "+hydra.callbacks.collect.baseline.selection=hard")  # fmt: skip
    *above, following, folder = start("train.py", *command).splitlines()
    assert folder == "sweep" and following.endswith("bam report sweep --baseline=selection=hard")
    assert sum(line.startswith(" † ") for line in above) == 1
    assert "selection=p against selection=hard:" in "\n".join(above)
    assert not (tmp_path / "sweep" / ".ended").exists()


def test_a_sweep_numbers_its_points_from_one_and_estimates_the_rest(tmp_path):
    command = ("-m", *SHORT, "selection=hard,p", "hydra.sweep.dir=sweep")
    assert process(tmp_path, "train.py", *command).wait() == 0
    check_sweep((tmp_path / "console.txt").read_text().splitlines())


@pytest.mark.processes
@pytest.mark.parametrize("launcher", ["local", "with_joblib"])
def test_points_in_other_processes_are_numbered_alike(tmp_path, launcher):
    command = ("-m", *SHORT, "selection=hard,p", "hydra.sweep.dir=sweep",
               f"hydra/launcher={launcher}")  # fmt: skip
    assert process(tmp_path, "train.py", *command).wait() == 0
    check_sweep((tmp_path / "console.txt").read_text().splitlines())


def test_points_that_were_finished_before_do_not_shorten_the_estimate(tmp_path):
    points = Points(4, tmp_path, frozenset({"dim=8"}), began=time.time() - 60)
    assert points.line(2, ["dim=8", "seed=2"]) == "#2 of 4: seed=2"
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").touch()
    os.utime(tmp_path / "old" / "results.json", (1, 1))
    points.note(1, tmp_path / "old")
    assert points.progress() == "1 of 4 points have ended"
    for _ in range(2):  # another program may run the same sweep
        points.note(2, tmp_path / "new")
    assert points.progress() == "2 of 4 points have ended, about 2 min left"


def test_points_of_an_earlier_search_have_ended_and_are_no_measure_of_the_pace(tmp_path):
    points = Points(10, tmp_path, frozenset(), began=time.time() - 60)
    (tmp_path / "results.json").touch()
    note_earlier(tmp_path, 6)
    points.note(7, tmp_path)
    with (tmp_path / ".ended").open("a") as file:
        file.write("12 1 1\n9")  # cut by a disk that was full
    note_earlier(tmp_path, 8)  # the 8th was equal to the 7th
    assert points.progress() == "8 of 10 points have ended, about 2 min left"


def test_a_search_numbers_its_trials_and_shows_the_best_so_far(tmp_path):
    pytest.importorskip("optuna")
    options = [option for option in SHORT if "optimizer" not in option]
    command = (*options, "hydra.sweep.dir=search", "hydra.sweeper.trials=2")
    assert process(tmp_path, "search.py", *command).wait() == 0
    console = (tmp_path / "console.txt").read_text()
    assert "#1 of 2: optimizer.lr=" in console and "#2 of 2: optimizer.lr=" in console
    best = max(results(path.parent)["valid"]["recall@20"]
               for path in tmp_path.glob("search/*/results.json"))  # fmt: skip
    assert f"best so far: {best:.4f}".replace("0.", ".") in console
    again = process(tmp_path, "search.py", *command[:-1], "hydra.sweeper.trials=3")
    assert again.wait() == 0
    assert "3 of 3 points have ended" in (tmp_path / "console.txt").read_text()


def test_what_won_is_said_with_its_interval_and_one_seed_with_a_warning(finished, conclude):
    ranks = [1, 30] * 50
    finished("hard", ranks=[30] * 100, choices={"selection": "hard"}, **valid(0.1))
    finished("p", ranks=ranks, **valid(0.2), selection__tau=2.0)
    out = words(conclude(selection="hard"))
    assert "† the best recall@20 of the validation users: selection=p" in out
    assert re.search(r"selection=p .*against selection=hard: \.5000 more recall@10 on the test "
                     r"users, 95 % interval \[\.4\d+, \.\d+\], paired over 100 users: better by "
                     r"more than chance\.", out)  # fmt: skip
    assert "One seed each" in out and "seed=2021,2022,2023" in out


def test_an_interval_of_several_differences_says_that_it_holds_for_all(finished, conclude):
    for tau in (1, 2, 3, 4, 5):
        ranks = [1 + tau, 30] * 50
        own = {"choices": {"backbone": f"b{tau}", "selection": f"s{tau}", "loss": f"l{tau}",
                           "dataset": "x"}}  # fmt: skip
        finished(f"{tau}", ranks=ranks, **own, selection__tau=tau, **valid(tau / 10))
    out = words(conclude(**{"selection.tau": "1"}))
    assert out.count("95 % interval for all 4 differences together [") == 3
    assert "results.md has all 4 differences from selection.tau=1." in out


def test_where_all_choices_differ_nothing_is_in_all_rows(finished, conclude):
    for name in "ab":
        choices = dict.fromkeys(("dataset", "backbone", "selection", "loss"), name)
        finished(name, choices=choices, selection__tau=ord(name), **valid(0.1))
    assert "In all rows" not in words(conclude(metric=""))


def test_a_strange_name_is_shown_without_its_effect(finished, conclude):
    finished("a", choices={"backbone": "[bold]x[/x]\x1b[2J"}, **valid(0.2))
    finished("b", choices={"backbone": "remi"}, selection__tau=3, **valid(0.1))
    out = conclude(200, backbone="remi")
    assert "[bold]x[/x] [2J" in out and "\x1b" not in out


def test_a_sweep_of_which_nothing_has_finished_has_a_table_too(unfinished, conclude):
    unfinished("a")
    unfinished("b", selection__tau=2)
    assert "bam report" in conclude(metric="")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_table_is_wider_than_the_console(finished, conclude, width):
    for tau in (1, 2):
        for seed in (1, 2):
            finished(f"{tau}-{seed}", **valid(0.1 * tau), selection__tau=tau, seed=seed)
    table = conclude(width).split("\nvalid, test:")[0].splitlines()
    assert max(map(len, table)) <= width
    assert "±" in "".join(table)


def test_of_many_configurations_those_that_validate_best_are_shown(finished, conclude):
    for tau in range(1, 61):
        finished(f"run-{tau}", **valid(tau / 100), selection__tau=tau)
    out = conclude()
    assert re.search(r"^ † +60 ", out, re.MULTILINE) and not re.search(r"^ +48 ", out, re.M)
    assert "These 12 validate best; results.md has all 60 configurations." in words(out)
    assert len(out.splitlines()) < 40


def test_evaluate_prints_json_into_a_pipe_and_a_table_on_a_terminal(start, monkeypatch):
    start("train.py", *SHORT, "name=example")
    given = ("evaluate.py", "run=outputs/example")
    figures = json.loads(start(*given))["test"]
    monkeypatch.setattr("bam.command.evaluate.is_terminal", lambda: True)
    (row,) = [line for line in start(*given).splitlines() if line.startswith(" test ")]
    assert float(row.split()[1]) == pytest.approx(figures["recall@10"], abs=1e-4)


def test_evaluate_shows_what_papers_report_of_the_same_data_and_protocol(start, monkeypatch):
    """Of the last item of every user: what chooses the weights is on no other target."""
    papers = {("planted", "published"): {"REMI, BaM_p": {"recall@10": 0.2331}}}
    monkeypatch.setattr(
        "bam.experiment.answers.evaluate.beside", lambda *place: papers.get(place, {})
    )
    start("train.py", *SHORT, "name=example")
    given = ("evaluate.py", "run=outputs/example")
    assert "published" not in json.loads(start(*given))
    found = json.loads(start(*given, "evaluation=published"))
    assert found["published"] == papers["planted", "published"]
    assert "published" not in json.loads(start(*given, "evaluation=published", "part=valid"))
    monkeypatch.setattr("bam.command.evaluate.is_terminal", lambda: True)
    assert re.search(r"published: REMI, BaM_p +\.2331", start(*given, "evaluation=published"))
