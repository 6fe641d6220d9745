"""Folders in, tables out."""

import csv
import json
import runpy
import shutil
import sys
import time

import pytest
import yaml

from bam.errors import Mistake
from bam.results.collect import collect
from bam.results.published import NAMES, beside, published
from bam.results.view import View
from tests.conftest import ROOT

NOTHING = View({}, "ndcg@10", [], [])


@pytest.fixture
def rows(tmp_path):
    """The Markdown table as lists of cells, without its rule, of a view."""

    def read(view=NOTHING):
        collect(tmp_path, view).write(tmp_path)
        lines = (tmp_path / "results.md").read_text().splitlines()
        cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
        return cells[:1] + cells[2 : cells.index([""])]

    return read


def every(folder):
    with (folder / "results.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_configuration_is_a_row_with_its_mean_and_deviation(finished, rows):
    finished("a", seed=1, ranks=[1, 1, 99, 99])
    finished("b", seed=2, ranks=[1, 1, 1, 99])
    head, row = rows()
    assert head[:5] == ["dataset", "backbone", "selection", "seeds", "recall@10"]
    assert row[:5] == ["small", "remi", "p", "2", "**.6250 ± .1768**"]


def test_one_seed_has_no_deviation(finished, rows):
    finished("a", ranks=[1, 99])
    assert rows()[1][4] == "**.5000**"


def test_the_best_of_each_data_set_is_bold(finished, rows):
    for dataset in ("one", "two"):
        for tau, ranks in ((0.5, [1, 15]), (2, [15, 99])):
            finished(
                f"{dataset}{tau}",
                ranks,
                {"dataset": dataset},
                selection__tau=tau,
                dataset__name=dataset,
            )
    assert [row[5] for row in rows()[1:]] == ["**.5000**", ".0000"] * 2


def test_failed_and_unfinished_points_are_in_every_table(finished, unfinished, rows, tmp_path):
    finished("a", seed=1)
    failed = {"status": "failed", "error": "Mistake: tau must\nbe above 0", "selection": "p"}
    (unfinished("b", seed=2) / "results.json").write_text(json.dumps(failed))
    unfinished("c", selection__tau=5)
    head, *others = rows()
    seeds = [row[head.index("seeds")] for row in others]
    assert seeds == ["1, 1 failed", "1 unfinished"] or seeds == ["1 unfinished", "1, 1 failed"]
    found = {row["run"].rpartition("/")[2]: row for row in every(tmp_path)}
    assert {name: row["status"] for name, row in found.items()} == {
        "a": "finished",
        "b": "failed",
        "c": "unfinished",
    }
    assert found["b"]["error"] == "Mistake: tau must be above 0" and found["b"]["recall@10"] == ""


def test_a_sweep_of_which_nothing_finished_still_has_its_tables(unfinished, rows, tmp_path):
    unfinished("a")
    assert rows()[1][-1] == "1 unfinished"


def test_a_baseline_adds_the_gain_its_interval_and_its_p(finished, rows):
    finished("a", ranks=[1, 1, 1, 99] * 50, selection__tau=0.5)
    finished("b", ranks=[1, 1, 99, 99] * 50, selection__tau=2)
    head, better, baseline = rows(View({"selection.tau": 2}, "recall@10", [], []))
    assert head[-2:] == ["Δ recall@10 [95 %]", "p"]
    assert better[-2:] == [".2500 [.1895, .3105]", "\\< .001"]
    assert "".join(baseline[-2:]) == ""


def test_published_figures_are_beside_measured_ones_and_never_the_best(finished, rows):
    finished("a", ranks=[1] * 10 + [99] * 90, choices={"dataset": "ml1m"}, dataset__name="ml1m")
    _, row, *others = rows(View({}, "ndcg@10", [], ["bam"]))
    assert row[4] == "**.1000**"
    assert [row[1] for row in others] == ["*REMI, BaM\\_p*", "*REMI, BaM\\_l*"]
    assert others[0][4] == "*.2331*"


def test_published_figures_of_other_data_sets_stay_out(finished, rows, tmp_path):
    finished("a")
    assert len(rows(View({}, "ndcg@10", [], ["bam"]))) == 2
    shown = (tmp_path / "results.md").read_text()
    assert "italics" not in shown and "--published: bam has no figures of this data." in shown


def test_a_table_shows_all_metrics_that_any_run_holds_and_leaves_cells_blank(finished, rows):
    finished("a", selection__tau=0.5, users={"new@10": [0.5, 0.7]})
    finished("b", selection__tau=2)
    head, first, second = rows()
    assert head[4:] == ["seeds", "recall@10", "recall@20", "ndcg@10", "ndcg@20", "mrr", "new@10"]
    assert first[-1] == "**.6000**" and second[-1] == ""


def test_the_lowest_is_the_best_where_lower_is_better(finished, rows, tmp_path):
    for tau, gini in ((0.5, 0.9), (2, 0.4)):
        finished(f"{tau}", selection__tau=tau, lists={"gini@10": gini})
    assert [row[-1] for row in rows()[1:]] == [".9000", "**.4000**"]
    assert "Lower is better: gini@10." in (tmp_path / "results.md").read_text()


def test_of_many_metrics_a_table_shows_those_at_the_cutoff_that_is_compared(
    finished, rows, tmp_path
):
    new = {f"new{i}@{n}": [0.5] for i in range(5) for n in (10, 20)}
    finished("a", users={**new, "queries": [3.0]}, valid={"mrr": 0.1})
    many = [f"new{i}@20" for i in range(5)]
    assert rows(View({}, "ndcg@20", [], []))[0][4:] == [
        "recall@20",
        "ndcg@20",
        "mrr",
        *many,
        "valid mrr",
    ]
    assert "8 more metrics are in results.csv" in (tmp_path / "results.md").read_text()
    assert every(tmp_path)[0]["new4@10"] == "0.5"


def test_the_columns_of_a_table_can_be_chosen(finished, rows):
    finished("a")
    assert rows(View({}, "", ["mrr", "recall"], []))[0][4:] == ["mrr", "recall@10", "recall@20"]


def test_without_ndcg_at_ten_the_first_metric_is_compared(finished, rows):
    for tau in (0.5, 2):
        folder = finished(f"{tau}", selection__tau=tau, users={"new@5": [0.5, 0.1, 0.2, 0.3]})
        results = json.loads((folder / "results.json").read_text())
        results["test"] = {"new@5": 0.275}
        (folder / "results.json").write_text(json.dumps(results))
    assert rows(View({"selection.tau": 2}, "", [], []))[0][-2] == "Δ new@5 [95 %]"


@pytest.mark.parametrize("name", NAMES)
def test_every_published_figure_has_a_source_and_is_a_share(name):
    source = published(name)
    assert source.source and source.how and source.rows
    assert all(0 < value < 1 for row in source.rows for value in row.figures.values())


def test_published_figures_are_beside_their_data_set_and_protocol():
    ours = beside("ml1m", "published")
    assert ours["REMI, BaM_l"]["recall@10"] == 0.2377 and "eSASRec" not in ours
    clean = beside("beauty_s3rec", "clean")
    assert clean["BSARec, full softmax (RecBoard, 5 seeds)"] == {
        "recall@10": 0.1002,
        "ndcg@10": 0.061,
    }
    assert beside("ml1m", "repeats") == beside("planted", "clean") == {}


def test_an_unknown_source_is_refused(finished, rows):
    finished("a")
    with pytest.raises(Mistake, match="published must be some of bam, ml100k, sequential"):
        rows(View({}, "ndcg@10", [], ["nix"]))


def test_latex_is_escaped(finished, rows, tmp_path):
    finished("a", choices={"backbone": "a_b&c"})
    rows()
    text = (tmp_path / "results.tex").read_text()
    assert r"small & a\_b\&c & p & 1 & \textbf{.5000}" in text and r"\bottomrule" in text


def test_the_overrides_of_every_run_are_in_the_table(finished, rows, tmp_path):
    finished("a")
    rows()
    assert every(tmp_path)[0]["overrides"] == "dataset=small"


def test_reading_two_hundred_runs_takes_at_most_eight_times_their_yaml(finished, tmp_path):
    """Of the processor, and beside other work of it: a second is not the same on all machines."""
    template = finished("0", ranks=list(range(1, 1001)))
    for seed in range(1, 200):
        copy = tmp_path / str(seed)
        shutil.copytree(template, copy)
        config = (copy / "config.yaml").read_text().replace("seed: 1\n", f"seed: {seed}\n")
        (copy / "config.yaml").write_text(config)
    began = time.process_time()
    for path in tmp_path.glob("*/config.yaml"):
        yaml.safe_load(path.read_text())
    plain = time.process_time() - began
    collect(tmp_path, NOTHING).write(tmp_path)
    assert time.process_time() - began - plain < 8 * plain


@pytest.fixture
def started(monkeypatch, capsys):
    """Run scripts/collect.py; returns what it prints."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["collect.py", *map(str, arguments)])
        runpy.run_path(str(ROOT / "scripts" / "collect.py"), run_name="__main__")
        return capsys.readouterr().out

    return run


def test_the_program_prints_the_table_and_where_it_lies(finished, started, tmp_path):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    out = started(tmp_path, "--baseline", "selection.tau=2", "--metric", "recall@20")
    assert "Δ recall@20" in out and out.splitlines()[-1] == str(tmp_path / "results.tex")


def test_on_a_terminal_the_table_is_drawn_and_elsewhere_it_is_markdown(
    finished, started, tmp_path, monkeypatch
):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    assert "| small |" in started(tmp_path)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    out = started(tmp_path)
    assert "| small |" not in out and "─────" in out and "In all rows: dataset small" in out
    assert "| small |" in (tmp_path / "results.md").read_text()


def test_the_names_that_options_can_have_are_listed(finished, started, tmp_path):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    lines = started(tmp_path, "--list").splitlines()
    assert lines[0] == "--metric, --metrics: recall@10, recall@20, ndcg@10, ndcg@20, mrr"
    assert lines[1].startswith("--columns: balance, time, memory, entropy")
    assert lines[2] == "--baseline: selection.tau=0.5, selection.tau=2"
    assert not (tmp_path / "results.md").exists()


def test_the_csv_has_validation_what_else_differs_and_the_code(finished, rows, tmp_path):
    finished("a", choices={"selection": "hard"}, history_length=20, valid={"mrr": 0.25})
    finished("b", history_length=50)
    rows()
    assert [row["history_length"] for row in every(tmp_path)] == ["20", "50"]
    assert [row["valid.mrr"] for row in every(tmp_path)] == ["0.25", ""]
    assert "code" in every(tmp_path)[0]


def test_a_row_a_configuration_in_numbers(finished, started, tmp_path):
    for seed, ranks in ((1, [1, 1, 1, 99] * 9), (2, [1, 99, 1, 99] * 9)):
        finished(f"a{seed}", ranks, seed=seed, selection__tau=0.5, valid={"mrr": seed / 4})
        finished(f"b{seed}", [1, 99, 99, 99] * 9, seed=seed, selection__tau=2, valid={"mrr": 0.5})
    started(tmp_path, "--baseline", "selection.tau=2", "--metric", "mrr", "--metrics", "recall@10")
    with (tmp_path / "configurations.csv").open() as file:
        better, baseline = csv.DictReader(file)
    assert (better["selection.tau"], better["seeds"], better["recall@10.mean"]) == (
        "0.5",
        "2",
        "0.625",
    )
    assert float(better["recall@10.sd"]) == pytest.approx(0.125 * 2**0.5)
    assert (better["valid.mrr.mean"], better["chosen"], better["entropy.mean"]) == (
        "0.375",
        "false",
        "0.8",
    )
    assert baseline["chosen"] == "true" and baseline["difference.mrr.p"] == ""
    assert float(better["difference.mrr.low"]) < float(better["difference.mrr.mean"])


@pytest.mark.parametrize("typed", ["1e-3", "0.001", "0.0010", "1.0e-3", ".001"])
def test_a_baseline_is_met_by_a_number_in_any_form(finished, started, tmp_path, typed):
    finished("a", optimizer__lr=0.001)
    finished("b", optimizer__lr=0.01)
    out = started(tmp_path, "--baseline", f"optimizer.lr={typed}", "--metric", "recall@20")
    assert "Δ recall@20" in out


@pytest.mark.parametrize("name", ["007", "1e5", "true", "null"])
def test_a_baseline_is_met_by_a_name_that_looks_like_a_value(finished, started, tmp_path, name):
    finished("a", choices={"dataset": name, "selection": "hard"}, selection__tau=None)
    finished("b", choices={"dataset": name})
    out = started(tmp_path, "--baseline", f"dataset={name}", "--baseline", "selection=hard")
    assert "Δ ndcg@10" in out


def test_the_tables_go_to_another_folder(finished, started, tmp_path):
    runs = finished("runs/a").parent
    out = started(runs, "--to", tmp_path / "mine" / "tables")
    assert out.splitlines()[-1] == str(tmp_path / "mine" / "tables" / "results.tex")
    assert [path.name for path in runs.iterdir()] == ["a"]


def test_where_nothing_can_be_written_the_table_is_shown_and_the_sentence_names_to(
    finished, started, tmp_path, capsys
):
    (finished("runs/a").parent / "results.csv.partial").mkdir()  # as root, no folder is read-only
    with pytest.raises(SystemExit, match=r"^error: .*results.csv.partial: .* --to\)$"):
        started(tmp_path / "runs")
    assert "| small |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "error: FOLDER must exist, such as `outputs`, got 'nowhere'"),
        ([".", "--baseline", "tau"], "error: --baseline must be KEY=VALUE, got 'tau'"),
        (
            [".", "metric=mrr"],
            "error: an option must be --NAME VALUE (see --help), got 'metric=mrr'",
        ),
        ([".", "--baseline", "tau=["], "error: --baseline must be KEY=VALUE, got 'tau=['"),
        ([".", "--metric", "x@10"], "error: metric must be one of recall@10, recall@20, ndcg@10"),
        (
            [".", "--metric", "recal@10"],
            "error: metric must be one of recall@10, recall@20, ndcg@10, ndcg@20, mrr "
            "(did you mean recall@10?), got 'recal@10'",
        ),
        ([".", "--columns", "x"], "error: columns must be some of balance, time, memory, entropy"),
        ([".", "--metrics", "mrr,x"], "error: metrics must be some of recall@10, recall@20"),
        (
            [".", "--baseline", "a=1"],
            "error: baseline must be a condition that some configuration meets",
        ),
    ],
)
def test_a_mistake_gets_one_sentence(finished, started, tmp_path, monkeypatch, arguments, message):
    finished("a")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        started(*arguments)
    assert str(stopped.value).startswith(message) and "\n" not in str(stopped.value)
