"""The pages of a board show what is stored, and what is not run with its command."""

import re
from dataclasses import replace

import pytest

from bam.results.board.plan import Method
from bam.results.board.rows import rows_of
from bam.results.board.write import pages, write_pages
from tests.results.board.conftest import METHODS, board, gain, result

STORED = board(
    result("comirec_sa", **{"ndcg@10": 0.09, "recall@10": 0.25}),
    result("remi", seed=1, **{"ndcg@10": 0.1, "recall@10": 0.2}),
    result("remi", seed=2, **{"ndcg@10": 0.12, "recall@10": 0.2}),
    gains=[gain("remi", 0.02)],
)


@pytest.fixture
def written():
    return pages(rows_of(STORED, METHODS))


def line(page, start):
    [found] = [one for one in page.splitlines() if one.startswith(start)]
    return found


def test_a_method_has_mean_and_deviation_gain_and_verdict_and_the_best_is_bold(written):
    remi = line(written["ml100k.md"], "| [REMI](../../methods.md#remi)").replace("\u00a0", " ")
    assert "| .2000 ± .0000 | **.1100 ± .0141** |" in remi
    assert "| +.0200 [.0150, .0250], better |" in remi
    assert "| **.2500** | .0900 |" in line(written["ml100k.md"], "| [ComiRec-SA]")


@pytest.mark.parametrize(
    ("share", "protocol", "warned"), [(0.067, "clean", True), (0.05, "clean", False),
                                      (0.067, "comirec", False)])  # fmt: skip
def test_data_whose_targets_come_back_have_a_warning_where_met_items_are_out(
    share, protocol, warned
):
    test = {"ndcg@10": 0.1, "ndcg@20": 0.1, "repeated_targets": share}
    stored = board(result("remi", protocol=protocol, **test))
    page = pages(rows_of(stored, METHODS))["ml100k.md"]
    assert ("**6.7% of the targets are items that their user has met before.**" in page) == warned


def test_what_is_not_run_has_a_command_and_no_number(written):
    page = written["ml1m.md"]
    assert "bam train -m experiment=remi dataset=ml1m seed=2021,2022,2023 threads=1" in page
    assert "| [REMI]" not in page
    assert "   # about 8.0 minutes each" in page


def test_the_first_page_says_not_run_and_why_there_is_no_diagram(written):
    index = written["index.md"]
    assert "Nothing is run yet." in index  # of unseen users
    assert "No critical-difference diagram" in index and "here 1." in index
    stored = board(*STORED.results, result("remi", data="ml1m"))
    index = pages(rows_of(stored, METHODS))["index.md"]
    assert re.search(r"\| \[ComiRec-SA\]\S+ \| .0900 \| not run \|", index)


def test_the_first_page_says_where_the_data_lack_what_a_method_needs():
    times = Method("sasrec_times", "SASRec with times", True, ("ml100k",), {})
    results = [result("sasrec_times"), result("remi", data="ml1m")]
    index = pages(rows_of(board(*results), [*METHODS, times]))["index.md"]
    assert "| **.1000** | needs more |" in line(index, "| [SASRec with times]")


def test_what_is_not_run_on_own_data_or_beside_the_methods_needs_no_more():
    results = [result("remi", data="mine"), result("comirec_sa"), result("remi selection=p")]
    index = pages(rows_of(board(*results), METHODS))["index.md"]
    assert "| **.1000** | not run |" in line(index, "| REMI selection=p")
    assert "| **.1000** | not run |" in line(index, "| [ComiRec-SA]")
    assert "| needs more |" not in index


def test_published_figures_are_beside_with_their_protocol(written):
    assert "evaluation=published" in written["ml1m.md"] and "| .2377 |" in written["ml1m.md"]
    assert (
        "| BSARec, full softmax (RecBoard, 5 seeds) | .1002 | .0610 |" in written["beauty_s3rec.md"]
    )
    assert "Published" not in written["yelp_s3rec.md"]  # BaM's yelp is another data set


def test_several_machines_are_named_by_letters():
    best = result("remi", **{"ndcg@10": 0.3})
    other = replace(result("comirec_sa"), machine="Intel, 8 of 8 cores")
    page = pages(rows_of(board(best, other), METHODS))["ml100k.md"]
    assert "Machine: A: AMD, 1 of 2 cores; B: Intel, 8 of 8 cores." in page
    assert line(page, "| [ComiRec-SA]").endswith("| B |")


def test_the_html_has_every_row_and_needs_no_network(written):
    page = written["board.html"]
    rows = rows_of(STORED, METHODS)
    assert page.count("<tr") >= len(rows) + 2
    assert "bam train -m experiment=remi dataset=ml1m evaluation=comirec" in page
    assert 'class="gain better"' in page and "± .0141" in page
    assert not re.search(r'(?:src|href)="(?!data:)', page) and "url(" not in page


@pytest.mark.parametrize("p, style", [(0.04, "better"), (0.05, "level")])
def test_a_gain_that_correction_leaves_open_has_the_colour_of_none(p, style):
    gains = [gain("remi", p=p, metric="ndcg@10")]
    stored = board(result(), result("comirec_sa"), gains=gains)
    page = pages(rows_of(stored, METHODS))["board.html"]
    assert page.count(f'class="gain {style}"') == 1 == page.count('class="gain ')


def test_a_strange_name_is_text_in_the_html():
    page = pages(rows_of(board(result("<script>alert(1)</script>")), METHODS))["board.html"]
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_a_strange_name_is_text_in_markdown():
    method, machine = "remi x=a|b\n<b>", "AMD | <i>"
    strange = replace(result(method, data="my data (1)"), machine=machine)
    written = pages(rows_of(board(strange), METHODS))
    page, index = written["my data (1).md"], written["index.md"]
    assert r"| REMI x=a\|b \<b> | 4 |" in page and r"Machine: AMD \| \<i>." in page
    assert "bam train experiment=remi x=a|b <b> dataset" in page  # a line of code
    assert r"| REMI x=a\|b \<b> |" in index and "[my data (1)](my%20data%20%281%29.md)" in index


def test_a_diagram_is_drawn_of_three_data_sets_and_goes_when_they_go(tmp_path):
    data = ("ml100k", "ml1m", "yelp_s3rec")
    stored = board(
        *(
            result(name, data=one, **{"ndcg@10": v})
            for one in data
            for name, v in (("remi", 0.2), ("comirec_sa", 0.1))
        )
    )
    written = write_pages(tmp_path, stored, METHODS)
    assert tmp_path / "ranks_clean.svg" in written
    assert (
        "![Mean ranks and the critical difference](ranks_clean.svg)"
        in (tmp_path / "index.md").read_text()
    )
    svg = (tmp_path / "ranks_clean.svg").read_text()
    assert "ComiRec-SA" in svg
    write_pages(tmp_path, stored, METHODS)
    assert (tmp_path / "ranks_clean.svg").read_text() == svg
    write_pages(tmp_path, STORED, METHODS)
    assert not (tmp_path / "ranks_clean.svg").exists()
