"""A page and its figures, from folders as runs leave them."""

import json
import re
import runpy
import sys

import pytest

from bam.results.configuration import configurations
from bam.results.report.block import blocks
from bam.results.report.figure.cost import cost
from bam.results.report.figure.heat import heat
from bam.results.report.figure.line import line
from bam.results.report.figure.shares import shares
from bam.results.report.figure.trade import trade
from bam.results.report.report import report
from bam.results.report.style import COLOURS
from bam.results.runs import runs
from bam.results.view import View
from tests.conftest import ROOT

NOTHING = View({}, "ndcg@10", [], [])


@pytest.fixture
def page(tmp_path):
    return lambda view=NOTHING: report(tmp_path, view, tmp_path).read_text()


@pytest.fixture
def found(tmp_path):
    return lambda view=NOTHING: blocks(configurations(runs(tmp_path)), view)


def test_the_page_needs_nothing_from_elsewhere(finished, page):
    finished("a")
    html = page()
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=\"(?!data:)", html)
    assert not re.search(r"url\((?!#)|@import|xlink:href=\"(?!#)", html)
    assert "<script>" in html and "<style>" in html


def test_every_figure_is_in_the_page_and_beside_it(finished, page, tmp_path):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    html = page()
    names = re.findall(r'<a href="([^"]+)\.png">', html)
    assert html.count("<svg") == len(names) == 8 and len(set(names)) == 8
    for name in names:
        assert (tmp_path / "report" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (tmp_path / "report" / f"{name}.svg").read_text()


def test_figures_take_the_colours_of_the_page_and_keep_their_own_in_files(finished, page, tmp_path):
    finished("a")
    assert "currentColor" in page()
    assert "currentColor" not in (tmp_path / "report" / "loss_small.svg").read_text()


def test_a_heat_map_where_tau_and_linear_size_vary(finished, found):
    for tau in (0.5, 2):
        for size in (4, 16):
            finished(f"{tau}-{size}", [1, size], selection__tau=tau, selection__linear_size=size)
    [block] = found()
    [picture] = heat(block)
    texts = [text.get_text() for text in picture.figure.axes[0].texts]
    assert texts == [".7153", ".7153", ".5000", ".5000"] and line(block) == []


def test_a_line_where_only_one_varies_and_a_dashed_one_for_what_lacks_it(finished, found):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    finished("c", choices={"selection": "hard"}, selection__tau=None)
    [block] = found()
    [picture] = line(block)
    names = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert sorted(names) == ["hard", "p"] and heat(block) == []


def test_neither_where_neither_varies(finished, found):
    finished("a")
    [block] = found()
    assert heat(block) == line(block) == []


def test_other_settings_get_a_heat_map_each(finished, found):
    for dim in (8, 16):
        for place in ((1, 4), (1, 8), (2, 4)):
            finished(
                f"{dim}-{place}", dim=dim, selection__tau=place[0], selection__linear_size=place[1]
            )
    assert [picture.title for picture in heat(found()[0])] == [
        "small, dim 8: tau, linear_size",
        "small, dim 16: tau, linear_size",
    ]


def test_shares_are_ordered_before_seeds_are_averaged(finished, found):
    for seed, share in ((1, [0.2, 0.8]), (2, [0.6, 0.4])):
        lines = [json.dumps({"step": step, "share": share}) + "\n" for step in (1, 2)]
        (finished(f"{seed}", seed=seed) / "metrics.jsonl").write_text("".join(lines))
    [picture] = shares(found()[0])
    largest = picture.figure.axes[0].collections[0].get_paths()[0].vertices
    assert largest[:, 1].max() == pytest.approx((0.8 + 0.6) / 2)


def test_the_best_and_the_baseline_have_colours_and_no_more_than_there_are_colours(finished, found):
    for tau in range(1, 10):
        finished(f"{tau}", [tau, 99], selection__tau=tau)
    [block] = found(View({"selection.tau": 9}, "ndcg@10", [], []))
    assert list(block.colours) == ["tau 1", "tau 2", "tau 3", "tau 4", "tau 5", "tau 9"]
    assert list(block.colours.values()) == COLOURS


def test_figures_show_any_metric_and_put_the_lowest_first_where_lower_is_better(finished, found):
    for tau in range(1, 10):
        finished(f"{tau}", selection__tau=tau, lists={"gini@10": tau / 10})
    finished("without", selection__tau=10)
    [block] = found(View({}, "gini@10", [], []))
    assert list(block.colours) == [f"tau {tau}" for tau in range(1, 7)]
    [picture] = line(block)
    assert picture.figure.axes[0].get_ylabel() == "gini@10"
    [picture] = cost(block)
    names = [text.get_text() for text in picture.figure.axes[0].get_yticklabels()]
    assert names[-1] == "tau 1" and names[0] == "tau 10"
    assert "further down" in trade(block)[0].caption


def test_each_data_set_has_a_block_with_its_own_names(finished, found):
    finished("a", choices={"dataset": "one"}, dataset__name="one")
    finished("b", choices={"dataset": "one", "backbone": "mind"}, dataset__core=5)
    finished("c", choices={"dataset": "two"}, dataset__name="two")
    assert [block.title for block in found()] == ["one", "one #2", "two"]


def test_the_error_of_a_failed_run_is_on_the_page(finished, unfinished, page):
    finished("a")
    failed = {"status": "failed", "error": "Mistake: <b>nan</b>"}
    (unfinished("broken", seed=2) / "results.json").write_text(json.dumps(failed))
    html = page()
    assert "1 finished" in html and "1 failed" in html
    assert "Mistake: &lt;b&gt;nan&lt;/b&gt;" in html and "<b>nan" not in html


def test_runs_that_have_not_finished_make_a_page_too(unfinished, page):
    unfinished("a")
    assert "1 unfinished" in page()


def test_runs_that_stopped_early_share_a_page_with_longer_ones(finished, page):
    finished("a", seed=1)
    path = finished("b", seed=2) / "metrics.jsonl"
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    assert "2 finished" in page()


def test_a_value_that_all_rows_have_is_in_a_note(finished, page):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    assert "In all rows: small, remi, p." in page()


def test_the_program_prints_where_the_page_lies(finished, tmp_path, monkeypatch, capsys):
    finished("a")
    monkeypatch.setattr(sys, "argv", ["report.py", str(tmp_path)])
    runpy.run_path(str(ROOT / "scripts" / "report.py"), run_name="__main__")
    assert capsys.readouterr().out.strip() == str(tmp_path / "report" / "report.html")


@pytest.mark.parametrize("library", ["matplotlib", "jinja2"])
def test_a_missing_library_is_named_with_its_extra(finished, tmp_path, monkeypatch, library):
    finished("a")
    for name in [name for name in sys.modules if name.startswith("bam.results.report")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)  # as if it were not installed
    monkeypatch.setattr(sys, "argv", ["report.py", str(tmp_path)])
    with pytest.raises(SystemExit, match=rf"error: {library} .* pip install 'bam-rec\[report\]'"):
        runpy.run_path(str(ROOT / "scripts" / "report.py"), run_name="__main__")


def test_names_of_strangers_are_text_on_the_page_and_in_its_figures(finished, page):
    strange = "<script>alert(1)</script> $\\bad$ --> ]]>"
    for tau in (0.5, 2):
        finished(f"x{tau}", choices={"dataset": strange, "backbone": strange}, selection__tau=tau)
    text = page()
    assert text.count("<script>") == 1 and "&lt;script&gt;alert(1)" in text
