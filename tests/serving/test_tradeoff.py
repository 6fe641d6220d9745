"""bam tradeoff: its lists are those of the evaluation, and its table and picture are written."""

import sys

import polars as pl
import pytest
import torch
from rich.console import Console
from torch import tensor

import bam
from bam.__main__ import run as run_command
from bam.config.resolve import resolve
from bam.errors import Mistake
from bam.evaluation.targets import distinct_targets
from bam.experiment.answers.tradeoff import build_sweeps
from bam.experiment.opened.retriever import build_retriever
from bam.experiment.parts.assemble import assemble
from bam.records import PAD
from bam.results.render.tradeoff import tradeoff_tables
from bam.serving.tradeoff import NOWHERE, places, trade_off
from tests.conftest import composed, resolved, with_data_in
from tests.experiment.planted import PLANTED

TRAIN = ("dataset=planted", "dataset.num_users=80", "num_interests=3", "threads=1",
         "metric=[recall,ndcg,diversity,union_recall]", "evaluation.cutoffs=[5]",
         "metric.union_recall.cutoffs=[6,30]", "metric.queries.max_cosine=0.5")  # fmt: skip
HERE = ("n=5", "candidates=[6,30]", "max_cosines=[1,0.5]", "factors=[0,0.5,50]", "weighting=gate")


@pytest.fixture(
    scope="module",
    params=[("maximum", False), ("gate", False), ("gate", True), ("mixture", True)],
    ids=str,
)
def parts(request, tmp_path_factory):
    """A model that nobody has trained, with scores that are far from ties."""
    torch.manual_seed(3)
    aggregation, by_weight = request.param
    given = (*TRAIN, f"aggregation={aggregation}", f"metric.union_recall.by_weight={by_weight}")
    config = with_data_in(tmp_path_factory.mktemp("data"), resolved("train", given, True))
    found = assemble(config, trains=False)
    found.step.eval()
    with torch.no_grad():
        found.step.model.items.weight.mul_(30)
    return found


@pytest.fixture(scope="module")
def table(parts):
    by_weight = parts.evaluator.metrics["union_recall"].by_weight
    config = resolve(composed("tradeoff", (*HERE, f"by_weight={by_weight}")))
    target = distinct_targets(parts.interactions.items, parts.split.test)
    return trade_off(build_retriever(parts, "test"), target, build_sweeps(config, parts, True))


@pytest.fixture(scope="module")
def tested(parts):
    """What the evaluation reports."""
    ranking = parts.rank(parts.split.test, parts.evaluator.list_length)
    return {one.name: one.mean for one in parts.evaluator.measure(ranking, parts.facts)}


def test_the_list_by_score_has_the_metrics_that_the_evaluation_reports(parts, table, tested):
    assert parts.repeated_targets == 0
    every = table.filter(pl.col("merge") == "score", max_cosine=1, factor=0)
    assert len(every) == 2
    for name in ("recall@5", "ndcg@5", "diversity@5"):
        assert every[name].to_list() == pytest.approx([tested[name]] * 2, rel=1e-9)
    assert 0 < tested["recall@5"] < 1


def test_union_recall_and_queries_are_those_that_the_evaluation_reports(table, tested):
    rows = table.filter(pl.col("varied") == "queries", max_cosine=0.5)
    for name in ("queries", "union_recall@6", "union_recall@30"):
        assert rows[name].to_list() == pytest.approx([tested[name]] * len(rows), rel=1e-9)
    assert 1 < tested["queries"] < 3 and 0 < tested["union_recall@6"] < tested["union_recall@30"]


def test_a_larger_factor_gives_more_diverse_lists(table):
    rows = table.filter(pl.col("varied") == "factor")
    assert rows["factor"].to_list() == [0, 0.5, 50]
    assert rows["diversity@5"].is_sorted() and rows["diversity@5"].n_unique() > 1


def test_the_error_is_the_standard_error_of_the_recall(parts, table, tested):
    """Of one target a user, of which a share p is found: sqrt(p (1 - p) / U)."""
    p, U = tested["recall@5"], len(parts.split.test.start)
    assert table["error"][0] == pytest.approx((p * (1 - p) / U) ** 0.5)


def test_places_count_from_one():
    lists = tensor([[[4, 7, PAD], [9, 4, 7]]])
    target = tensor([[7, PAD, 9]])
    assert places(lists, target).tolist() == [[[2, 3], [0, 0], [NOWHERE, 1]]]


def test_without_genres_diversity_is_left_out(parts, caplog):
    config = resolve(composed("tradeoff", HERE))
    with caplog.at_level("INFO"):
        sweeps = build_sweeps(config, parts, has_genres=False)
    assert sweeps.rerankings == {}
    assert "no item of planted has a genre: diversity is left out" in caplog.text


@pytest.mark.parametrize(
    ("option", "rule"),
    [
        ("n=0", "n must be at least 1"),
        ("candidates=[]", "candidates must be numbers of at least 1"),
        ("candidates=[0]", "candidates must be numbers of at least 1"),
        ("max_cosines=[1,2]", "max_cosines must be numbers from -1 to 1"),
        ("max_cosines=[]", "max_cosines must be numbers from -1 to 1"),
        ("factors=3", "factors must be a list"),
        ("factors=[-1]", "reranking.factor must be at least 0"),
        ("factors=[a]", "reranking.factor must be float"),
    ],
)
def test_a_wrong_sweep_is_refused_before_anything_is_measured(parts, option, rule):
    with pytest.raises(Mistake, match=rule):
        build_sweeps(resolve(composed("tradeoff", (option,))), parts, True)


def test_the_tables_have_a_row_a_factor_and_a_row_a_number_of_queries(table):
    console = Console(width=200, record=True)
    for one in tradeoff_tables(table, 200):
        console.print(one)
    text = console.export_text()
    assert "diversity@5" in text and "reciprocal rank" in text and "3.00" in text
    without = table.filter(pl.col("varied") == "queries")
    assert len(list(tradeoff_tables(without, 200))) == 1


@pytest.mark.parametrize("varied", [["factor", "queries"], ["queries"]])
def test_the_picture_has_a_panel_for_what_is_varied(table, varied):
    picture = pytest.importorskip("bam.results.report.tradeoff")
    rows = table.filter(pl.col("varied").is_in(varied))
    found = picture.tradeoff_picture(rows, "tradeoff", "a $run$")
    labels = [axes.get_ylabel() for axes in found.figure.axes]
    assert labels == ["recall@5", "recall@5 of one list", "union recall"][-1 - len(varied) :]


def test_the_command_writes_a_table_and_a_picture_into_the_folder_of_the_run(
    tmp_path, monkeypatch, capsys
):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    few = ("dataset.num_users=80", "trainer.max_steps=20", "trainer.validate_every=20")
    run = bam.train(*PLANTED, *few, "metric=[recall,ndcg,union_recall]", "hydra.run.dir=run")
    assert 1 <= run.results["test"]["queries"] <= 4
    assert "union_recall@50" in run.results["test"] and "queries" not in run.results["valid"]
    assert run.results["lower_is_better"] == ["queries"]
    monkeypatch.setattr(sys, "argv", ["bam", "run=run", "threads=1", "device=cpu", "n=10"])
    capsys.readouterr()
    run_command("tradeoff")
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["run/tradeoff.csv", "run/tradeoff.png"]
    table = pl.read_csv("run/tradeoff.csv").filter(merge="score", max_cosine=1)
    assert set(table["varied"]) <= {"factor", "queries"}
    assert table["recall@10"][0] == pytest.approx(run.results["test"]["recall@10"])
    assert {path.suffix for path in (tmp_path / "run").glob("tradeoff.*")} == {
        ".csv", ".png", ".svg", ".pdf"}  # fmt: skip
    assert bam.load("run").results == run.results
