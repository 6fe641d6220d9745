"""The page, from folders as runs leave them."""

import base64
import json
import re
import runpy
import sys

import pytest

from bam.results.report.report import report
from bam.results.view import View
from tests.conftest import ROOT

BEGINS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
NOTHING = View({}, "ndcg@10", [], [])


@pytest.fixture
def page(tmp_path):
    return lambda view=NOTHING: report(tmp_path, view, tmp_path).read_text()


@pytest.fixture
def words(page, monkeypatch):
    """The page without figures, which take time."""
    monkeypatch.setattr("bam.results.report.report.SECTIONS", {})
    return page


def test_the_page_needs_nothing_from_elsewhere(finished, page):
    finished("a")
    html = page()
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=\"(?!data:)", html)
    assert not re.search(r"url\((?!#)|@import|xlink:href=\"(?!#)", html)
    assert "<script>" in html and "<style>" in html


def test_the_page_holds_every_figure_as_three_files_which_are_beside_it_too(
    finished, page, tmp_path
):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    html, folder = page(), tmp_path / "report"
    links = re.findall(
        r'<a href="data:([^;]+);base64,([^"]+)" download="([^"]+\.(?:png|svg|pdf))"', html
    )
    files = {name: base64.b64decode(content) for _, content, name in links}
    assert len(links) == 3 * html.count("<svg") == len(files) > 20
    assert {kind for kind, _, _ in links} == {"image/png", "image/svg+xml", "application/pdf"}
    for name, content in files.items():
        assert (folder / name).read_bytes() == content
        assert content.startswith(BEGINS[name[-3:]])
    assert len(html) < 2_000_000


def test_each_table_is_a_csv_file_in_the_page(finished, words):
    finished("a", choices={"backbone": "=cmd"})
    links = re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', words())
    results, _, runs = (base64.b64decode(link).decode() for link in links)
    assert results.splitlines()[1].startswith("small,'=cmd,p,")
    assert "0.346713" in runs and "'=cmd" in runs  # all digits, and no formula


def test_figures_take_the_colours_of_the_page_and_keep_their_own_in_files(finished, page, tmp_path):
    finished("a")
    assert "currentColor" in page()
    assert "currentColor" not in (tmp_path / "report" / "loss_small.svg").read_text()


def test_the_error_of_a_failed_run_is_on_the_page(finished, unfinished, words):
    finished("a")
    failed = {"status": "failed", "error": "Mistake: <b>nan</b>"}
    (unfinished("broken", seed=2) / "results.json").write_text(json.dumps(failed))
    html = words()
    assert "1 finished" in html and "1 failed" in html
    assert "Mistake: &lt;b&gt;nan&lt;/b&gt;" in html and "<b>nan" not in html


def test_failed_runs_with_the_same_name_are_listed_by_their_folders(tmp_path, unfinished, words):
    for sweep, error in (("one", "first error"), ("two", "second error")):
        (tmp_path / sweep).mkdir()
        failed = {"status": "failed", "error": error}
        (unfinished(f"{sweep}/0", seed=len(sweep)) / "results.json").write_text(json.dumps(failed))
    html = words()
    assert all(part in html for part in ("one/0", "first error", "two/0", "second error"))


def test_runs_that_have_not_finished_make_a_page_too(unfinished, page):
    unfinished("a")
    assert "1 unfinished" in page()


def test_runs_that_stopped_early_share_a_page_with_longer_ones(finished, page):
    finished("a", seed=1)
    path = finished("b", seed=2) / "metrics.jsonl"
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    assert "2 finished" in page()


def test_a_value_that_all_rows_have_is_in_a_note(finished, words):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    assert "In all rows: small, remi, p." in words()


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


@pytest.mark.parametrize("strange", ["[x", "@x", "%x", "a: b: c", "\x07", "2001-99-99"])
def test_a_name_that_is_no_yaml_is_compared_without_a_baseline(finished, words, strange):
    finished("a", [1, 2], choices={"backbone": strange}, valid={"ndcg@10": 0.4})
    finished("b", [2, 30], choices={"backbone": "remi"}, selection__tau=2, valid={"ndcg@10": 0.3})
    assert "differs from it by" in words()


def test_letters_that_the_font_lacks_are_one_sentence_and_are_in_the_page(finished, page, caplog):
    for tau in (0.5, 2):
        finished(f"x{tau}", choices={"backbone": "\u97f3\u697d"}, selection__tau=tau)
    finished("y", choices={"backbone": "\u66f8"})
    assert "\u97f3\u697d" in page()
    assert caplog.text.count("names have letters that the font of figures lacks") == 1


@pytest.mark.parametrize("balance", [None, {}, {"entropy": None, "share": [None, None]}])
def test_a_run_without_its_balance_is_on_the_page(finished, page, balance):
    finished("a", selection__tau=0.5)
    file = finished("b", selection__tau=2) / "results.json"
    results = json.loads(file.read_text()) | {"balance": balance}
    kept = {name: value for name, value in results.items() if value is not None}
    file.write_text(json.dumps(kept))
    assert "2 finished" in page()


def test_the_head_says_what_is_best_and_whether_that_means_anything(finished, words):
    finished("a", [1, 1, 2, 30], selection__tau=0.5, valid={"ndcg@10": 0.4})
    finished("b", [1, 2, 2, 12], selection__tau=2, valid={"ndcg@10": 0.3})
    text = " ".join(re.sub(r"<[^>]+>", "", words()).split())
    assert "2 runs of 2 configurations on small. 2 finished." in text
    assert (
        "small: tau 0.5: the best of 2 configurations by ndcg@10 of the validation users." in text
    )
    assert "Its ndcg@10 is .6577 on the test users, .4000 on the validation users." in text
    assert "The second, tau 2, differs from it by -.0923 [-.3859, +.2014]" in text
    assert "and the interval includes 0" in text


def test_the_head_has_what_the_runs_have_recorded_and_lacks_the_rest(finished, words):
    one, other = finished("a", seed=1), finished("b", seed=2)
    known = {"date": "2026-01-02T03:04:05+00:00", "commit": "0123456789abcdef", "device": "cpu"}
    (one / "environment.json").write_text(json.dumps({**known, "command": "bam train seed=1,2"}))
    (other / "environment.json").write_text(json.dumps({**known, "command": "bam train seed=1,2"}))
    results = json.loads((one / "results.json").read_text())
    sizes = {"users": 1234, "items": 50, "interactions": 20000, "test_users": 1000}
    (one / "results.json").write_text(json.dumps({**results, "sizes": sizes}))
    html = words()
    facts = dict(re.findall(r"<dt>(\w+)</dt>\s*<dd>(.*?)</dd>", html))
    assert facts == {
        "Date": "2026-01-02 03:04 UTC",
        "Command": "<code>bam train seed=1,2</code>",
        "Program": "commit 0123456789",
        "Data": "small: 1,234 users, 1,000 of them tested, 50 items, 20,000 interactions",
        "Training": "5 seconds in all runs",
        "Users": "1 of 1 configuration: trained by an earlier version of bam, which kept no "
        "numbers of users; pictures by history and popularity have the others",
    }


def test_a_reader_who_does_not_see_a_figure_gets_its_numbers(finished, page):
    finished("a", selection__tau=0.5)
    finished("b", [1, 1, 1, 1], selection__tau=2)
    labels = re.findall(r'role="img" aria-label="([^"]+)"', page())
    assert all(re.search(r"\d", label) for label in labels) and len(labels) == len(set(labels))
    assert any("tau 0.5: -.6533" in label for label in labels)
